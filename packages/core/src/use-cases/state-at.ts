import { type Entry, type PastState, type SpaceId, type StateRequest, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { type Past, stateToken } from '../domain/history-page.ts';
import { shown } from '../domain/shown.ts';
import { entriesAfter, existsAt } from '../domain/versions.ts';
import type { PartitionId } from '../ports/event-log.ts';
import type { Ports } from '../ports/ports.ts';
import { findMoment, foreignPage, type PastPorts, unlessCompacted } from './find-moment.ts';
import { snapshotBefore, snapshotEntriesOf } from './read-snapshot.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { nextItems, scopeRefusal } from './scoped-entries.ts';

/**
 * A page of the entries of a scope as they were. Costs a read per key of the scope that was changed since, whatever the
 * log's length.
 */
export async function stateAt(
  ports: PastPorts & Pick<Ports, 'clock'>,
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
  const reading = await unlessCompacted(ports, space, [past], () =>
    nextItems(ports, identity, { scope, limit, ...token }, async (entries) =>
      (await entriesAt(ports, space, entries, past)).map(shown),
    ),
  );
  if (!reading.ok) return reading;
  const found = reading.value;
  const { epoch } = head;
  return ok({
    cursor: { epoch, seq: [past.seq] },
    entries: [...found.items],
    ...(found.afterKey !== undefined && {
      page: stateToken.encode({ of: 'past-state', epoch, at: past, afterKey: found.afterKey }),
    }),
  });
}

/**
 * What `entries`, as they are now, were then; keys that did not exist are left out. The past does not change any more, but
 * it can be taken away: `unlessCompacted` tells.
 */
export async function entriesAt(
  ports: PastPorts,
  space: SpaceId,
  entries: readonly Entry[],
  past: Past,
): Promise<readonly Entry[]> {
  const changed = entries.filter(({ seq }) => seq > past.seq).map(({ key }) => key);
  const older = await versionsBy(ports, { space, partition: 0 }, changed, past.seq);
  return entries
    .map((entry) => (entry.seq > past.seq ? older.get(entry.key) : entry))
    .filter((entry) => existsAt(entry, past));
}

/** The newest versions up to `upToSeq`: from the log, and where it begins later, from a snapshot that it follows. */
export async function versionsBy(
  ports: PastPorts,
  at: PartitionId,
  keys: readonly string[],
  upToSeq: number,
): Promise<ReadonlyMap<string, Entry>> {
  if (keys.length === 0 || upToSeq === 0) return new Map();
  const inLog = entriesAfter(await ports.log.newestCommitsOf({ ...at, keys, upToSeq }));
  const others = keys.filter((key) => !inLog.has(key));
  if (others.length === 0 || (await ports.log.floor(at)) === 0) return inLog;
  const snapshot = await snapshotBefore(ports, at, upToSeq);
  return snapshot ? new Map([...(await snapshotEntriesOf(ports, at, snapshot, others)), ...inLog]) : inLog;
}

export const nothingThere = () => wireError('not-found', 'nothing was ever kept in this space');
