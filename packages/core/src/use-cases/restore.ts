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
  const { items: batch, afterKey: reachedKey } = planning.value;
  const { epoch } = head;
  const cursors = { from: { epoch, seq: [from.seq] }, to: { epoch, seq: [to.seq] } };
  const pageAfter = (key: string | undefined) =>
    key === undefined ? {} : { page: restoreToken.encode({ of: 'restore', epoch, from, to, afterKey: key }) };
  if (batch.length === 0) return ok({ ...cursors, outcomes: [], ...pageAfter(reachedKey) });
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
  if (!written.ok) return written;
  // 4. Answer. A call before may have come less far, never further: what it did not write is the next page's.
  const done = batch.slice(0, written.value.outcomes.length);
  const next = done.length < batch.length ? done.at(-1)?.key : reachedKey;
  return ok({ ...cursors, ...outcomesOf(done, written.value), ...pageAfter(next) });
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

/**
 * The next keys that differ, as many as one batch takes: always the same ones, whatever is written meanwhile. So what was
 * changed since does not count as looked at: there may be more of that the next time.
 */
const nextBatch = (ports: Ports, identity: Identity, { scope }: RestoreRequest, span: Span) =>
  nextItems<Restoration>(
    ports,
    identity,
    { scope, afterKey: span.afterKey, limit: LIMITS.batchOps, counts: ({ seq }) => seq <= span.from.seq },
    async (entries) => {
      const pairs = await pairsOf(ports, identity.space, entries, span);
      return pairs
        .map(({ key, before, after }) => ({ key, wanted: after, replaced: before }))
        .filter((each) => !saysTheSame(each));
    },
  );

const outcomesOf = (batch: readonly Restoration[], { commit, outcomes }: Ack) => ({
  ...(commit && { commit }),
  outcomes: batch.flatMap(({ key }, index) => {
    const outcome = outcomes[index];
    return outcome ? [{ key, outcome }] : [];
  }),
});
