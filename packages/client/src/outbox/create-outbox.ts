import type { Ack, Batch, Outcome, WireError } from '@mnemon/protocol';
import { harmless } from '../harmless.ts';
import { fateUnknown, fromWire, MnemonError } from '../mnemon-error.ts';
import { createDepartures } from './departures.ts';
import { createInFlight } from './in-flight.ts';
import type { Outbox, OutboxOptions } from './outbox.ts';
import type { LeftBehind } from './outbox-journal.ts';
import { answered, type PendingOp, reject, settle, type Waiter, type Written } from './pending-op.ts';
import { createRoom } from './room.ts';
import { checkFits, createWriteQueue, maxOpsBytes } from './write-queue.ts';

/** An outbox that holds what `journal` has of an earlier program, or nothing. */
export function createOutbox(options: OutboxOptions): Outbox {
  const { client, journal, ports, ownWrites, sendLarge, isFollowing, onChange, onRefused } = options;
  const batchBytes = maxOpsBytes(ports.maxMessageBytes);
  const queue = createWriteQueue(batchBytes);
  const room = createRoom(options.whenFull, () => queue.sizeBytes);
  const freeze = journal?.freeze;
  const inFlight = createInFlight({ client, lastN: journal?.left.n ?? 0, freeze, ports, send });

  function send(batch: Batch): void {
    const isLarge = inFlight.pending.some(({ sizeBytes }) => sizeBytes > batchBytes);
    if (isLarge && sendLarge) sendLarge(batch);
    else options.send(batch);
  }

  const departures = createDepartures({
    queue,
    inFlight,
    clock: ports.clock,
    batchIntervalMs: options.batchIntervalMs,
    onLeft: onChange,
  });
  let closedBy: MnemonError | undefined;
  let closingJournal: Promise<void> | undefined;

  /** Throws when it can't be taken in; false when there is no room after it. */
  function enter(sizeBytes: number): boolean {
    if (closedBy) throw closedBy;
    if (!sendLarge) checkFits(sizeBytes, batchBytes);
    return room.enter(sizeBytes);
  }

  function take(pending: PendingOp, waiter: Waiter): void {
    pending.waiters = [waiter];
    const last = ownWrites.newest(pending.op.key);
    const queued = queue.add(pending, last);
    ownWrites.add(queued, last);
    journal?.keep(queued);
    departures.soon();
    onChange();
  }

  const add = (pending: PendingOp): Promise<Written> =>
    new Promise((resolve, rejectWrite) => {
      enter(pending.sizeBytes);
      take(pending, { resolve, reject: rejectWrite });
    });

  /** Of who knows that an operation is in here, and waits for no more. */
  const content: Waiter = { resolve() {}, reject: tell };

  function enqueue(pending: PendingOp): Promise<void> {
    try {
      const hasRoom = enter(pending.sizeBytes);
      if (!hasRoom || journal) return harmless(takeSafely(pending));
      take(pending, content);
      return DONE;
    } catch (error) {
      return harmless(Promise.reject(error));
    }
  }

  const takeSafely = (pending: PendingOp): Promise<void> =>
    new Promise((resolve, rejectWrite) => {
      let isTaken = false;
      const taken = () => {
        isTaken = true;
        resolve();
      };
      const refused = (error: MnemonError) => (isTaken ? tell(error, pending.op.key) : rejectWrite(error));
      take(pending, { resolve: taken, reject: refused });
      if (journal) void journal.saved().then(() => room.whenFree(taken));
      else room.whenFree(taken);
    });

  /** What is kept is not over with this client. */
  function tell(error: MnemonError, key: string): void {
    if (!(closedBy && journal)) onRefused(error, key);
  }

  function restore({ batch, queued }: LeftBehind): void {
    for (const pending of [...batch, ...queued]) {
      pending.waiters = [content];
      room.join();
      ownWrites.add(pending, ownWrites.newest(pending.op.key));
    }
    for (const pending of queued) queue.append(pending);
    if (batch.length > 0) inFlight.relaunch(batch);
  }

  /** The batch on its way has its answer. */
  function finish(answer: (pending: PendingOp, at: number) => void, shared?: number): void {
    const pending = inFlight.land();
    journal?.forget(pending);
    pending.forEach(answer);
    for (const { waiters } of pending) room.leave(waiters.length);
    departures.landed(shared);
    onChange();
  }

  function acked(ack: Ack, epoch: string): boolean {
    if (!inFlight.isAnsweredBy(ack)) return false;
    const { ageMs: ackMs, pending } = inFlight;
    const outcomes = pending.map(({ op: { key } }, at) => ({ key, outcome: ack.outcomes[at] as Outcome }));
    finish((pending, at) => {
      const outcome = ack.outcomes[at] as Outcome;
      const isInLog = outcome.status === 'applied' || outcome.status === 'merged';
      if (isInLog && ack.commit && isFollowing()) ownWrites.acked(pending, { epoch, ...ack.commit });
      else ownWrites.remove(pending);
      settle(pending, outcome);
    }, ack.shared);
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
    reject(pending, reason);
  }

  async function flush(): Promise<void> {
    const last = queue.newest ?? inFlight.pending.at(-1); // what was written before is answered before
    if (!last) return;
    departures.hurry();
    room.join();
    await answered(last);
    if (closedBy) throw closedBy;
  }

  function close(error: MnemonError): void {
    departures.offline();
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
    online: departures.online,
    offline: departures.offline,
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

/** For all who have nothing to wait for: they are many. */
const DONE = Promise.resolve();
