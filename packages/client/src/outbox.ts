import type { Ack, Batch, ClientId, Op, Outcome, WireError } from '@mnemon/protocol';
import { createGathering } from './gathering.ts';
import { createInFlight } from './in-flight.ts';
import { fateUnknown, fromWire, MnemonError } from './mnemon-error.ts';
import type { LeftBehind, OutboxJournal } from './outbox-journal.ts';
import type { OwnWrites } from './own-writes.ts';
import { type PendingOp, reject, settle, type Waiter, type Written } from './pending-op.ts';
import type { Ports } from './ports.ts';
import { createRoom, type WhenFull } from './room.ts';
import { createWriteQueue, maxOpsBytes } from './write-queue.ts';

/** A batch that the server has answered. */
export interface AckedBatch {
  /** What became of each operation, in their order; of writes that were sent as one there is one. */
  readonly outcomes: readonly { readonly key: string; readonly outcome: Outcome }[];
  /** From when it was first sent. */
  readonly ackMs: number;
}

/** Keeps writes until they are acked: one batch on its way, the next one gathering behind it. */
export interface Outbox {
  /** Operations that aren't acked yet. */
  readonly pendingOps: number;
  readonly resends: number;
  /** More waits than should: `add` refuses, or holds up who only wants it queued. */
  readonly isFull: boolean;
  /** Takes an operation in and sends it as soon as that pays. Resolves when it is acked. */
  add(op: Op, sizeBytes: number): Promise<Written>;
  /**
   * The same, but resolves when the operation is safe in here. What is refused after that goes to `onRefused`.
   */
  queue(op: Op, sizeBytes: number): Promise<void>;
  /** A connection stands: what may have got lost with the last one is sent again. */
  online(): void;
  offline(): void;
  /** False for an ack of something else, or one that came before. */
  acked(ack: Ack, epoch: string): boolean;
  /** The batch could not be looked at. */
  failed(n: number, error: WireError): void;
  /** The connection ended because the batch on it was too large: it would end the next one, too. */
  tooLarge(): void;
  /** Sends what is gathering. Resolves when everything that is in here now was answered. */
  flush(): Promise<void>;
  /** Rejects everything that is in here, and whatever comes. What a journal keeps stays there. */
  close(error: MnemonError): void;
  /** Resolves, once it is closed, when its store is given back. */
  gone(): Promise<void>;
}

export interface OutboxOptions {
  readonly client: ClientId;
  /** Keeps what isn't acked beyond the end of the program, and has what an earlier one left. */
  readonly journal?: OutboxJournal | undefined;
  readonly ports: Pick<Ports, 'clock' | 'random' | 'maxMessageBytes'>;
  readonly ownWrites: OwnWrites;
  /** How long a batch gathers after the one before it has left. */
  readonly batchIntervalMs: number;
  readonly whenFull: WhenFull;
  readonly send: (batch: Batch) => void;
  /** Whether there is a replica that will reach the acked commits. */
  readonly isFollowing: () => boolean;
  readonly onChange: () => void;
  /** Hears of each batch once its promises are settled. */
  readonly onAcked: (batch: AckedBatch) => void;
  /** An operation had no effect, and nobody waits to hear of it. */
  readonly onRefused: (error: MnemonError, key: string) => void;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { client, journal, ports, ownWrites, send, isFollowing, onChange, onRefused } = options;
  const batchBytes = maxOpsBytes(ports.maxMessageBytes);
  const queue = createWriteQueue(batchBytes);
  const room = createRoom(options.whenFull, () => queue.sizeBytes);
  const freeze = journal?.freeze;
  const inFlight = createInFlight({ client, lastN: journal?.left.n ?? 0, freeze, ports, send });
  const gathering = createGathering(ports.clock, options.batchIntervalMs, pump);
  let isOnline = false;
  let closedBy: MnemonError | undefined;
  let isPumpDue = false;
  let closingJournal: Promise<void> | undefined;
  /** Of the queue, from its front: somebody waits for them to be sent. */
  let urgent = 0;

  /** Throws when it can't be taken in. */
  function take(op: Op, sizeBytes: number, waiter: Waiter): void {
    if (closedBy) throw closedBy;
    if (sizeBytes > batchBytes) {
      const message = `an operation has at most ${batchBytes} bytes on this connection`;
      throw new MnemonError('value-too-large', message);
    }
    room.enter();
    const mine: PendingOp = { op, sizeBytes, waiters: [waiter] };
    const queued = queue.add(mine);
    if (queued === mine) ownWrites.add(mine);
    journal?.keep(queued);
    pumpSoon();
    onChange();
  }

  const add = (op: Op, sizeBytes: number): Promise<Written> =>
    new Promise((resolve, rejectWrite) => take(op, sizeBytes, { resolve, reject: rejectWrite }));

  const enqueue = (op: Op, sizeBytes: number): Promise<void> =>
    new Promise((resolve, rejectWrite) => {
      let isTaken = false;
      const taken = () => {
        isTaken = true;
        resolve();
      };
      const refused = (error: MnemonError) => (isTaken ? tell(error, op.key) : rejectWrite(error));
      take(op, sizeBytes, { resolve: taken, reject: refused });
      if (journal) void journal.saved().then(() => room.whenFree(taken));
      else room.whenFree(taken);
    });

  /** What is kept is not over with this client. */
  function tell(error: MnemonError, key: string): void {
    if (!(closedBy && journal)) onRefused(error, key);
  }

  function restore({ batch, queued }: LeftBehind): void {
    for (const pending of [...batch, ...queued]) {
      const { op, waiters } = pending;
      waiters.push({ resolve: () => {}, reject: (error) => tell(error, op.key) });
      room.join();
      ownWrites.add(pending);
    }
    for (const pending of queued) queue.append(pending);
    if (batch.length > 0) inFlight.relaunch(batch);
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
    if (inFlight.isBusy || !isOnline || queue.length === 0) return;
    if (gathering.isOn && !queue.isFull && urgent === 0) return;
    const pending = queue.take();
    urgent = Math.max(0, urgent - pending.length);
    gathering.begin();
    inFlight.launch(pending);
    onChange();
  }

  function online(): void {
    isOnline = true;
    inFlight.online();
    pump();
  }

  function offline(): void {
    isOnline = false;
    inFlight.offline();
    gathering.stop();
  }

  /** The batch on its way has its answer. */
  function finish(answer: (pending: PendingOp, at: number) => void): void {
    const pending = inFlight.land();
    journal?.forget(pending);
    pending.forEach(answer);
    for (const { waiters } of pending) room.leave(waiters.length);
    pump();
    onChange();
  }

  function acked(ack: Ack, epoch: string): boolean {
    if (!inFlight.isAnsweredBy(ack)) return false;
    gathering.hear(ack.shared);
    const { ageMs: ackMs, pending } = inFlight;
    const outcomes = pending.map(({ op: { key } }, at) => ({ key, outcome: ack.outcomes[at] as Outcome }));
    finish((pending, at) => {
      const outcome = ack.outcomes[at] as Outcome;
      const isInLog = outcome.status === 'applied' || outcome.status === 'merged';
      if (isInLog && ack.commit && isFollowing()) ownWrites.acked(pending, { epoch, ...ack.commit });
      else ownWrites.remove(pending);
      settle(pending, outcome);
    });
    options.onAcked({ outcomes, ackMs });
    return true;
  }

  function failed(n: number, error: WireError): void {
    if (inFlight.failed(n, error) === 'give-up') giveUp(fromWire(error));
  }

  function giveUp(error: MnemonError): void {
    const reason = inFlight.mayBeCommitted ? fateUnknown(error) : error;
    finish((pending) => drop(pending, reason));
  }

  function drop(pending: PendingOp, reason: MnemonError): void {
    ownWrites.remove(pending);
    reject(pending.waiters, reason);
  }

  async function flush(): Promise<void> {
    const last = queue.newest ?? inFlight.pending.at(-1); // what was written before is answered before
    if (!last) return;
    urgent = queue.length;
    pump();
    room.join();
    await answered(last);
    if (closedBy) throw closedBy;
  }

  function close(error: MnemonError): void {
    offline();
    closedBy = error;
    const ofSent = journal || inFlight.mayBeCommitted ? fateUnknown(error) : error;
    const ofQueued = journal ? fateUnknown(error) : error;
    for (const pending of inFlight.land()) drop(pending, ofSent);
    for (const pending of queue.clear()) drop(pending, ofQueued);
    room.close();
    closingJournal = journal?.close().catch(() => {});
    onChange();
  }

  if (journal) restore(journal.left);

  return {
    get pendingOps() {
      return queue.length + inFlight.pending.length;
    },
    get resends() {
      return inFlight.resends;
    },
    get isFull() {
      return room.isFull;
    },
    add,
    queue: enqueue,
    online,
    offline,
    acked,
    failed,
    tooLarge() {
      const error = new MnemonError('batch-too-large', 'the gateway takes no message of this size');
      if (inFlight.isBusy) finish((pending) => drop(pending, error));
    },
    flush,
    close,
    gone: async () => closingJournal,
  };
}

/** Resolves when `pending` was acked, refused or given up. */
const answered = ({ waiters }: PendingOp): Promise<void> =>
  new Promise((resolve) => waiters.push({ resolve: () => resolve(), reject: () => resolve() }));
