import { type Entry, type PastState, type SpaceId, type StateRequest, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { type Past, stateToken } from '../domain/history-page.ts';
import { entriesAfter, existsAt } from '../domain/versions.ts';
import type { Ports } from '../ports/ports.ts';
import { findMoment, foreignPage } from './find-moment.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { nextItems, scopeRefusal } from './scoped-entries.ts';

/**
 * A page of the entries of a scope as they were. Costs a read per key of the scope that was changed since, whatever the
 * log's length. Keys whose tombstones were cleaned away are not found any more.
 */
export async function stateAt(
  ports: Pick<Ports, 'log' | 'clock'>,
  identity: Identity,
  { scope, at, limit, page }: StateRequest,
): Promise<Answered<PastState>> {
  const { space } = identity;
  const refusal = scopeRefusal(identity, scope);
  if (refusal) return refuse(refusal);
  // 1. Find the moment: the head first, so that the entries read below are at least as new.
  const head = await ports.log.head(space);
  if (!head) return refuse(nothingThere());
  const token = page === undefined ? undefined : stateToken.decode(page);
  if (page !== undefined && token?.epoch !== head.epoch) return refuse(foreignPage());
  const moment = token ? ok(token.at) : await findMoment(ports, space, head, at);
  if (!moment.ok) return moment;
  const past = moment.value;
  // 2. Read.
  const found = await nextItems(ports, identity, { scope, limit, ...token }, (entries) =>
    entriesAt(ports, space, entries, past),
  );
  const { epoch } = head;
  return ok({
    cursor: { epoch, seq: [past.seq] },
    entries: [...found.items],
    ...(found.afterKey !== undefined && {
      page: stateToken.encode({ of: 'past-state', epoch, at: past, afterKey: found.afterKey }),
    }),
  });
}

/** What `entries`, as they are now, were then; keys that did not exist are left out. The past does not change any more. */
export async function entriesAt(
  { log }: Pick<Ports, 'log'>,
  space: SpaceId,
  entries: readonly Entry[],
  past: Past,
): Promise<readonly Entry[]> {
  const changed = entries.filter(({ seq }) => seq > past.seq).map(({ key }) => key);
  const commits =
    changed.length === 0 || past.seq === 0
      ? []
      : await log.newestCommitsOf({ space, partition: 0, keys: changed, upToSeq: past.seq });
  const older = entriesAfter(commits);
  return entries
    .map((entry) => (entry.seq > past.seq ? older.get(entry.key) : entry))
    .filter((entry) => existsAt(entry, past));
}

export const nothingThere = () => wireError('not-found', 'nothing was ever kept in this space');
