import type { Ack, Batch, ClientId, Outcome, WireError } from '@mnemon/protocol';
import type { MnemonError } from '../mnemon-error.ts';
import type { Ports } from '../ports.ts';
import type { OutboxJournal } from './outbox-journal.ts';
import type { OwnWrites } from './own-writes.ts';
import type { PendingOp, Written } from './pending-op.ts';
import type { WhenFull } from './room.ts';

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
  add(pending: PendingOp): Promise<Written>;
  /**
   * The same, but resolves when the operation is safe in here. What is refused after that goes to `onRefused`.
   */
  queue(pending: PendingOp): Promise<void>;
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
  /** Sends a batch of one operation that no message carries; left out where nothing does. */
  readonly sendLarge?: ((batch: Batch) => void) | undefined;
  /** Whether there is a replica that will reach the acked commits. */
  readonly isFollowing: () => boolean;
  readonly onChange: () => void;
  /** Hears of each batch once its promises are settled. */
  readonly onAcked: (batch: AckedBatch) => void;
  /** An operation had no effect, and nobody waits to hear of it. */
  readonly onRefused: (error: MnemonError, key: string) => void;
}
