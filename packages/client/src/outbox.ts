import type { Ack, Batch, ClientId, Op, WireError } from '@mnemon/protocol';
import { backoffMs } from './backoff.ts';
import { createTimer } from './clock.ts';
import { createGathering } from './gathering.ts';
import { fromWire, MnemonError } from './mnemon-error.ts';
import type { OwnWrites } from './own-writes.ts';
import { type PendingOp, reject, settle, type Written } from './pending-op.ts';
import type { Ports } from './ports.ts';
import { createWriteQueue, maxOpsBytes, OUTBOX_LIMITS } from './write-queue.ts';

/** How long an ack may take before the batch is sent again; then twice as long, and so on. */
export const ACK_TIMEOUT_MS = 3_000;
export const MAX_ACK_TIMEOUT_MS = 24_000;

/** Keeps writes until they are acked: one batch on its way, the next one gathering behind it. */
export interface Outbox {
  /** Operations that aren't acked yet. */
  readonly pendingOps: number;
  readonly resends: number;
  /** Takes an operation in and sends it, if nothing is on its way. Resolves when it is acked. */
  add(op: Op, sizeBytes: number): Promise<Written>;
  /** A connection stands: what may have got lost with the last one is sent again. */
  online(): void;
  offline(): void;
  /** False for an ack of something else, or one that came before. */
  acked(ack: Ack, epoch: string): boolean;
  /** The batch could not be looked at. */
  failed(n: number, error: WireError): void;
  /** The connection ended because the batch on it was too large: it would end the next one, too. */
  tooLarge(): void;
  /** Resolves when everything that is in here now was answered. */
  flush(): Promise<void>;
  /** Rejects everything that is in here, and whatever comes. */
  close(error: MnemonError): void;
}

export interface OutboxOptions {
  readonly client: ClientId;
  readonly ports: Pick<Ports, 'clock' | 'random' | 'maxMessageBytes'>;
  readonly ownWrites: OwnWrites;
  readonly send: (batch: Batch) => void;
  /** Whether there is a replica that will reach the acked commits. */
  readonly isFollowing: () => boolean;
  readonly onChange: () => void;
}

interface InFlight {
  readonly n: number;
  readonly pending: readonly PendingOp[];
  /** Frozen: what is sent again is the same, to the letter (I6). */
  readonly ops: Op[];
  failures: number;
  /** How often it was sent on this connection. */
  sends: number;
}

/** An empty outbox with a name of its own: `client` and the batch number identify a batch for ever. */
export function createOutbox(options: OutboxOptions): Outbox {
  const { client, ports, ownWrites, send, isFollowing, onChange } = options;
  const { clock, random } = ports;
  const batchBytes = maxOpsBytes(ports.maxMessageBytes);
  const queue = createWriteQueue(batchBytes);
  const resendTimer = createTimer(clock, () => transmit(true));
  const gathering = createGathering(clock, pump);
  let inFlight: InFlight | undefined;
  let isOnline = false;
  let closedBy: MnemonError | undefined;
  let waiters = 0;
  let lastN = 0;
  let isPumpDue = false;
  let resends = 0;

  const pendingOps = () => queue.length + (inFlight?.pending.length ?? 0);

  function add(op: Op, sizeBytes: number): Promise<Written> {
    if (closedBy) return Promise.reject(closedBy);
    if (sizeBytes > batchBytes) {
      const message = `an operation has at most ${batchBytes} bytes on this connection`;
      return Promise.reject(new MnemonError('value-too-large', message));
    }
    if (waiters >= OUTBOX_LIMITS.waiters || queue.sizeBytes + sizeBytes > OUTBOX_LIMITS.sizeBytes) {
      return Promise.reject(new MnemonError('overloaded', 'too many writes are waiting for the service'));
    }
    const written = new Promise<Written>((resolve, rejectWrite) => {
      const mine: PendingOp = { op, sizeBytes, waiters: [{ resolve, reject: rejectWrite }] };
      if (queue.add(mine) === mine) ownWrites.add(mine);
    });
    waiters++;
    pumpSoon();
    onChange();
    return written;
  }

  /** What is written in one go leaves in one batch, and is one commit. */
  function pumpSoon(): void {
    if (isPumpDue) return;
    isPumpDue = true;
    queueMicrotask(() => {
      isPumpDue = false;
      pump();
    });
  }

  /** Sends the next batch, unless one is on its way or it pays to gather a little longer. */
  function pump(): void {
    if (inFlight || !isOnline || queue.length === 0) return;
    if (gathering.isOn && !queue.isFull) return;
    const pending = queue.take();
    inFlight = { n: ++lastN, pending, ops: pending.map(({ op }) => op), failures: 0, sends: 0 };
    transmit(false);
  }

  function transmit(resend: boolean): void {
    if (!inFlight || !isOnline) return;
    if (resend) resends++;
    resendTimer.set(Math.min(ACK_TIMEOUT_MS * 2 ** inFlight.sends++, MAX_ACK_TIMEOUT_MS));
    send({ client, n: inFlight.n, ops: inFlight.ops, ...(resend && { resend }) });
    onChange();
  }

  function online(): void {
    isOnline = true;
    if (inFlight) {
      inFlight.sends = 0;
      transmit(true);
    } else pump();
  }

  function offline(): void {
    isOnline = false;
    resendTimer.clear();
    gathering.stop();
  }

  /** The batch on its way has its answer. */
  function finish(answer: (pending: PendingOp, at: number) => void): void {
    const { pending } = inFlight as InFlight;
    inFlight = undefined;
    for (const each of pending) waiters -= each.waiters.length;
    resendTimer.clear();
    pending.forEach(answer);
    pump();
    onChange();
  }

  function acked(ack: Ack, epoch: string): boolean {
    if (ack.client !== client || ack.n !== inFlight?.n || ack.outcomes.length !== inFlight.ops.length) {
      return false;
    }
    gathering.hear(ack.shared);
    finish((pending, at) => {
      const outcome = ack.outcomes[at] as Ack['outcomes'][number];
      const isInLog = outcome.status === 'applied' || outcome.status === 'merged';
      if (isInLog && ack.commit && isFollowing()) ownWrites.acked(pending, { epoch, ...ack.commit });
      else ownWrites.remove(pending);
      settle(pending, outcome);
    });
    return true;
  }

  function failed(n: number, error: WireError): void {
    if (n !== inFlight?.n) return;
    if (error.retryable) {
      resendTimer.set(error.retryAfterMs ?? backoffMs(inFlight.failures++, random()));
      return;
    }
    giveUp(fromWire(error));
  }

  function tooLarge(): void {
    if (inFlight) giveUp(new MnemonError('batch-too-large', 'the gateway takes no message of this size'));
  }

  function giveUp(error: MnemonError): void {
    finish((pending) => {
      ownWrites.remove(pending);
      reject(pending.waiters, error);
    });
  }

  async function flush(): Promise<void> {
    const last = queue.newest ?? inFlight?.pending.at(-1); // what was written before is answered before
    if (!last) return;
    waiters++;
    await answered(last);
    if (closedBy) throw closedBy;
  }

  function close(error: MnemonError): void {
    offline();
    closedBy = error;
    const all = [...(inFlight?.pending ?? []), ...queue.clear()];
    inFlight = undefined;
    for (const pending of all) {
      ownWrites.remove(pending);
      reject(pending.waiters, error);
    }
    onChange();
  }

  return {
    get pendingOps() {
      return pendingOps();
    },
    get resends() {
      return resends;
    },
    add,
    online,
    offline,
    acked,
    failed,
    tooLarge,
    flush,
    close,
  };
}

/** Resolves when `pending` was acked, refused or given up. */
const answered = ({ waiters }: PendingOp): Promise<void> =>
  new Promise((resolve) => waiters.push({ resolve: () => resolve(), reject: () => resolve() }));
