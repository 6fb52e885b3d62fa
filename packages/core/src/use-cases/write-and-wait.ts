import { type Ack, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { StoredBatch } from '../domain/stored-op.ts';
import type { Pause } from '../ports/pause.ts';
import type { Ports } from '../ports/ports.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { attemptWrite } from './write-entries.ts';

/** Well within the 30 s that a request over HTTP has. */
const PATIENCE_MS = 10_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 200;
/** Who holds the lease may have died with it: so often this one tries to take its place. */
const RETRY_MS = 1_000;

/**
 * Writes a batch for a writer without a connection, and answers its ack with the log's epoch. While another holder of the lease commits it,
 * this looks for it in the log. A batch that may have been sent before says so with `resend` (I6).
 */
export async function writeAndWait(
  ports: Ports,
  pause: Pause,
  identity: Identity,
  batch: StoredBatch,
): Promise<Answered<Ack & { epoch: string }>> {
  const untilMs = ports.clock.now() + PATIENCE_MS;
  let sent = batch;
  while (ports.clock.now() < untilMs) {
    const attempt = await attemptWrite(ports, { batch: sent, caller: identity, requestId: '' });
    if ('ack' in attempt) return ok({ ...attempt.ack, epoch: attempt.epoch });
    if (!attempt.drained) await whileAnotherCommits(ports, pause, identity, batch);
    sent = { ...batch, resend: true }; // I6: from now on it may be in the log
  }
  return refuse(wireError('contention', 'the batch still waits its turn', { retryAfterMs: 500 }));
}

/** Returns when the batch is in the log, or when it is worth trying oneself. One read each time, however many wait. */
async function whileAnotherCommits(
  { log, clock }: Ports,
  pause: Pause,
  { space }: Identity,
  { client, n }: StoredBatch,
): Promise<void> {
  const untilMs = clock.now() + RETRY_MS;
  const query = { space, partition: 0, keys: [], mutations: [{ client, n }] };
  for (
    let pauseMs = FIRST_PAUSE_MS;
    clock.now() < untilMs;
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
  ) {
    await pause(pauseMs);
    const loaded = await log.load(query);
    if (!loaded?.leased || loaded.answered.length > 0) return;
  }
}
