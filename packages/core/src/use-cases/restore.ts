import {
  type Ack,
  administers,
  allows,
  type Cursor,
  LIMITS,
  type Restored,
  type RestoreRequest,
  wireError,
} from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { type Past, restoreToken } from '../domain/history-page.ts';
import { type Restoration, restorationName, restoringOp, saysTheSame } from '../domain/plan-restore.ts';
import { groupBySize } from '../domain/split-delivery.ts';
import type { Pause } from '../ports/pause.ts';
import type { Ports } from '../ports/ports.ts';
import { pairsOf } from './diff.ts';
import { findMoment, foreignPage, tooOld, unlessCompacted } from './find-moment.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { nextItems } from './scoped-entries.ts';
import { nothingThere } from './state-at.ts';
import { writeAndWait } from './write-and-wait.ts';

/**
 * Brings back the next keys of a scope as they were at `to`: one batch through the ordinary write path, so it is atomic,
 * everybody is told, and it can be undone by restoring `from`. A key that was changed since `from` is refused with
 * `conflict`: whoever wrote it meant the present.
 *
 * The same keys, cursors and page make the same batch: a repeated request is answered with what the first one did (I6).
 */
export async function restore(
  ports: Ports,
  pause: Pause,
  identity: Identity,
  request: RestoreRequest,
): Promise<Answered<Restored>> {
  const { space, instanceId, userId, grants, tokenExpiresAtMs } = identity;
  const { scope } = request;
  if (!administers(grants) && !('key' in scope && allows(grants, 'admin', scope.key))) {
    return refuse(wireError('forbidden', 'no grant to administer these keys')); // I8
  }
  // 1. Find both moments.
  const head = await ports.log.head(space);
  if (!head) return refuse(nothingThere());
  const span = await findSpan(ports, space, head, request);
  if (!span.ok) return span;
  const { from, to, afterKey } = span.value;
  // 2. Plan.
  const planning = await unlessCompacted(ports, space, [from, to], () =>
    nextBatch(ports, identity, request, span.value),
  );
  if (!planning.ok) return planning;
  const { batch, isLast } = planning.value;
  const last = batch.at(-1);
  const { epoch } = head;
  const cursors = { from: { epoch, seq: [from.seq] }, to: { epoch, seq: [to.seq] } };
  if (!last) return ok({ ...cursors, outcomes: [] });
  const page = isLast
    ? {}
    : { page: restoreToken.encode({ of: 'restore', epoch, from, to, afterKey: last.key }) };
  // 3. Write. Said to be sent again, because it may be: its answer is then looked for first.
  const at = { space, partition: 0 };
  const large = batch.flatMap(({ key, wanted }) => (wanted?.large ? [{ key, hash: wanted.large.hash }] : []));
  for (const id of large) {
    // What was about to be taken out stays.
    if (!(await ports.values.renew(at, id, ports.clock.now()))) return refuse(tooOld());
  }
  const client = restorationName({ space, ...cursors, scope, ...(afterKey !== undefined && { afterKey }) });
  const ops = batch.map((each) => restoringOp(each, to, ports.clock.now()));
  const writer: Identity = { space, instanceId, userId, grants, tokenExpiresAtMs };
  const written = await writeAndWait(ports, pause, writer, { client, n: 1, ops, resend: true });
  // 4. Answer.
  return written.ok ? ok({ ...cursors, ...outcomesOf(batch, written.value), ...page }) : written;
}

interface Span {
  from: Past;
  to: Past;
  afterKey?: string;
}

async function findSpan(
  ports: Ports,
  space: Identity['space'],
  head: Cursor,
  request: RestoreRequest,
): Promise<Answered<Span>> {
  if (request.page !== undefined) {
    const token = restoreToken.decode(request.page);
    return token?.epoch === head.epoch ? ok(token) : refuse(foreignPage());
  }
  const to = await findMoment(ports, space, head, { cursor: request.to });
  if (!to.ok) return to;
  const from = await findMoment(ports, space, head, request.from && { cursor: request.from });
  return from.ok ? ok({ from: from.value, to: to.value }) : from;
}

/** The next keys that differ, as many as one batch takes: always the same ones, whatever is written meanwhile. */
async function nextBatch(
  ports: Ports,
  identity: Identity,
  { scope }: RestoreRequest,
  span: Span,
): Promise<{ batch: readonly Restoration[]; isLast: boolean }> {
  const found: Restoration[] = [];
  let afterKey = span.afterKey;
  do {
    const start = { scope, limit: LIMITS.batchOps, ...(afterKey !== undefined && { afterKey }) };
    const next = await nextItems(ports, identity, start, async (entries) => {
      const pairs = await pairsOf(ports, identity.space, entries, span);
      return pairs
        .map(({ key, before, after }) => ({ key, wanted: after, replaced: before }))
        .filter((each) => !saysTheSame(each));
    });
    found.push(...next.items);
    afterKey = next.afterKey;
  } while (afterKey !== undefined && found.length < LIMITS.batchOps);
  const batch = groupBySize(found.slice(0, LIMITS.batchOps))[0] ?? [];
  return { batch, isLast: afterKey === undefined && batch.length === found.length };
}

const outcomesOf = (batch: readonly Restoration[], { commit, outcomes }: Ack) => ({
  ...(commit && { commit }),
  outcomes: batch.flatMap(({ key }, index) => {
    const outcome = outcomes[index];
    return outcome ? [{ key, outcome }] : [];
  }),
});
