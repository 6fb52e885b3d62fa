import type { DiffPage, DiffRequest, Entry, KeyDifference, Patch, SpaceId } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { diffToken, type Past } from '../domain/history-page.ts';
import { createDiffer } from '../domain/patch.ts';
import { shown } from '../domain/shown.ts';
import { DELIVERY_BYTES, sizeOf } from '../domain/split-delivery.ts';
import type { Ports } from '../ports/ports.ts';
import { findMoment, foreignPage, type PastPorts, unlessCompacted } from './find-moment.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { nextItems, scopeRefusal } from './scoped-entries.ts';
import { entriesAt, nothingThere } from './state-at.ts';

/**
 * A page of the keys of a scope that differ between two moments. Costs a pass over the scope's keys and two reads for
 * each that was changed since, whatever the log's length.
 */
export async function diff(
  ports: PastPorts & Pick<Ports, 'clock'>,
  identity: Identity,
  { scope, limit, page, ...request }: DiffRequest,
): Promise<Answered<DiffPage>> {
  const { space } = identity;
  const refusal = scopeRefusal(identity, scope);
  if (refusal) return refuse(refusal);
  // 1. Find both moments.
  const head = await ports.log.head(space);
  if (!head) return refuse(nothingThere());
  const token = page === undefined ? undefined : diffToken.decode(page);
  if (page !== undefined && token?.epoch !== head.epoch) return refuse(foreignPage());
  const from = token ? ok(token.from) : await findMoment(ports, space, head, request.from);
  if (!from.ok) return from;
  const to = token ? ok(token.to) : await findMoment(ports, space, head, request.to);
  if (!to.ok) return to;
  // 2. Read and compare.
  const moments = { from: from.value, to: to.value };
  const reading = await unlessCompacted(ports, space, [moments.from, moments.to], () =>
    nextItems(ports, identity, { scope, limit, ...token }, (entries) =>
      differences(ports, space, entries, moments),
    ),
  );
  if (!reading.ok) return reading;
  const found = reading.value;
  const { epoch } = head;
  return ok({
    from: { epoch, seq: [moments.from.seq] },
    to: { epoch, seq: [moments.to.seq] },
    differences: [...found.items],
    ...(found.afterKey !== undefined && {
      page: diffToken.encode({ of: 'diff', epoch, ...moments, afterKey: found.afterKey }),
    }),
  });
}

async function differences(
  ports: PastPorts,
  space: SpaceId,
  entries: readonly Entry[],
  moments: { from: Past; to: Past },
): Promise<KeyDifference[]> {
  const differ = createDiffer();
  const pairs = await pairsOf(ports, space, entries, moments);
  return pairs.map(({ key, before, after }) =>
    fitting({
      key,
      before: before && shown(before),
      after: after && shown(after),
      patch: differ(before, after),
    }),
  );
}

interface Pair {
  key: string;
  before: Entry | undefined;
  after: Entry | undefined;
}

/** Of the keys that differ between two moments, what they were at each; of those in `entries`, which are as they are now. */
export async function pairsOf(
  ports: PastPorts,
  space: SpaceId,
  entries: readonly Entry[],
  { from, to }: { from: Past; to: Past },
): Promise<Pair[]> {
  const [then, later] = await Promise.all([
    entriesAt(ports, space, entries, from),
    entriesAt(ports, space, entries, to),
  ]);
  const before = new Map(then.map((entry) => [entry.key, entry]));
  const after = new Map(later.map((entry) => [entry.key, entry]));
  return entries
    .map(({ key }) => ({ key, before: before.get(key), after: after.get(key) }))
    .filter((pair) => pair.before?.seq !== pair.after?.seq);
}

/** Two versions and a patch may be more than one frame holds; one version never is. */
function fitting({ key, before, after, patch }: Pair & { patch: Patch }): KeyDifference {
  const whole = { key, ...(before && { before }), ...(after && { after }), patch };
  if (sizeOf(whole) <= DELIVERY_BYTES) return whole;
  return after ? { key, after } : { key, ...(before && { before }) };
}
