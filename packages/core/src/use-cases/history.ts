import { allows, type HistoryPage, type HistoryRequest, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { historyToken } from '../domain/history-page.ts';
import { groupBySize } from '../domain/split-delivery.ts';
import { versionsOf } from '../domain/versions.ts';
import type { Ports } from '../ports/ports.ts';
import { foreignPage } from './find-moment.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { DEFAULT_ITEMS } from './scoped-entries.ts';
import { nothingThere } from './state-at.ts';

/**
 * A page of the versions of a key, the newest first, as far back as the log reaches. Costs what it answers, whatever the
 * log's length.
 */
export async function history(
  { log }: Pick<Ports, 'log'>,
  { space, grants }: Identity,
  { key, limit = DEFAULT_ITEMS, page }: HistoryRequest,
): Promise<Answered<HistoryPage>> {
  if (!allows(grants, 'read', key)) return refuse(wireError('forbidden', `no grant to read ${key}`)); // I8
  const head = await log.head(space);
  if (!head) return refuse(nothingThere());
  const token = page === undefined ? undefined : historyToken.decode(page);
  if (page !== undefined && token?.epoch !== head.epoch) return refuse(foreignPage());
  // One more than asked for: the oldest version of the page has a predecessor, too.
  const beforeSeq = (token?.seq ?? head.seq[0] ?? 0) + 1;
  const commits = await log.commitsOf({ space, partition: 0, key, beforeSeq, limit: limit + 1 });
  const versions = versionsOf(key, commits, token);
  const fitting = groupBySize(versions.slice(0, limit))[0] ?? [];
  const last = fitting.at(-1);
  return ok({
    versions: fitting,
    ...(last &&
      fitting.length < versions.length && {
        page: historyToken.encode({
          of: 'history',
          epoch: head.epoch,
          seq: last.seq,
          version: last.event.version,
        }),
      }),
  });
}
