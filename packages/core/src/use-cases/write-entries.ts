import { type Ack, type Batch, type WireError, wireError } from '@mnemon/protocol';
import type { Caller } from '../domain/caller.ts';
import { appendOf } from '../domain/plan-commits.ts';
import type { PartitionId } from '../ports/event-log.ts';
import type { WaitingBatch } from '../ports/inbox.ts';
import type { Ports } from '../ports/ports.ts';
import { drainInbox } from './group-commit.ts';
import { loadFor } from './load.ts';
import { planFor } from './plan-for.ts';
import { publish } from './publish.ts';

/** A batch that waited so long in vain is given up on for now: its writer is told to come again. */
const CONTENTION_MS = 3_000;

/**
 * Writes a batch. Its ack is the `changes` frame that this call, or whoever commits the batch, posts to the writer;
 * nothing is answered here unless the batch could not even wait its turn.
 */
export async function writeEntries(
  ports: Ports,
  caller: Caller,
  batch: Batch,
  requestId: string,
): Promise<WireError | undefined> {
  const attempt = await attemptWrite(ports, { batch, caller, requestId });
  if ('ack' in attempt || attempt.drained || attempt.waitedMs < CONTENTION_MS) return undefined;
  return wireError('contention', 'the batch still waits its turn', { retryAfterMs: 500 });
}

/** The batch's ack; or, when it had to wait for others, how long it has, and whether this call committed what waited. */
export type Attempt = { ack: Ack; epoch: string } | { waitedMs: number; drained: boolean };

/** One attempt at a batch; its ack is posted to the writer's connection, if it has one. */
export async function attemptWrite(ports: Ports, waiting: WaitingBatch): Promise<Attempt> {
  const at: PartitionId = { space: waiting.caller.space, partition: 0 };
  // Who has no connection is answered from the log, and that says nothing of a batch that is refused for what it is.
  const waitsAtOnce = waiting.caller.connectionId !== undefined && ports.contended?.has(at);
  return (waitsAtOnce ? undefined : await tryAlone(ports, at, waiting)) ?? waitTurn(ports, at, waiting);
}

/** `undefined` when somebody else writes here too. */
async function tryAlone(ports: Ports, at: PartitionId, waiting: WaitingBatch): Promise<Attempt | undefined> {
  const { batch } = waiting;
  // 1. Load.
  const loaded = await loadFor(ports, at, [waiting], batch.resend === true);
  // 2. Decide.
  const plan = await planFor(ports, loaded, [waiting], at);
  const [answer] = plan.answers;
  // What makes no commit does not depend on others: it was answered before, or is refused for what it is.
  if (!answer || (plan.commits.length > 0 && loaded.leased)) return undefined;
  // 3. Commit.
  // Only a batch sent before can be waiting.
  const append = { ...appendOf(plan), settled: batch.resend ? plan.settled : [] };
  if (plan.commits.length > 0 && (await ports.log.append(append)) === 'conflict') return undefined;
  // 4. Publish.
  await publish(ports, plan);
  return { ack: answer.ack, epoch: plan.epoch };
}

/** Whoever holds the lease commits for all. */
async function waitTurn(ports: Ports, at: PartitionId, waiting: WaitingBatch): Promise<Attempt> {
  const { waitedMs } = await ports.inbox.put(at, waiting);
  const drained = await drainInbox(ports, at);
  if (drained) ports.contended?.delete(at);
  else ports.contended?.add(at);
  return { waitedMs, drained };
}
