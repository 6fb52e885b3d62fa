import { type ClientId, clientIdSchema, type JsonValue, opSchema } from '@mnemon/protocol';
import { MnemonError } from '../mnemon-error.ts';
import type { OutboxStore } from '../outbox-store/outbox-store.ts';
import type { Ports } from '../ports.ts';
import { createOutboxSaves } from './outbox-saves.ts';
import { type PendingOp, pendingOp, sizeOfOp } from './pending-op.ts';

/** Record 0; all others are operations, their ids in the order of their calls. */
const HEAD = 0;
interface Head {
  readonly client: ClientId;
  /** Of the newest batch that was frozen. */
  readonly n: number;
  /** The operations of that batch, until it is answered. */
  readonly batch?: readonly number[];
  /** Where they belong, once it is known. */
  readonly space?: string;
}

/** What an earlier program has left in the store: `batch`, frozen as number `n`, and what it had not sent yet. */
export interface LeftBehind {
  readonly n: number;
  readonly batch: readonly PendingOp[];
  readonly queued: readonly PendingOp[];
}

/**
 * Keeps an outbox in its store. A save that fails is tried again until it succeeds; until then nothing is sent that a crash
 * could make another batch of (I6).
 */
export interface OutboxJournal {
  readonly client: ClientId;
  readonly left: LeftBehind;
  /** `pending` is new, or has changed. */
  keep(pending: PendingOp): void;
  /** Batch `n` is these operations from now on. Resolves when that is kept. */
  freeze(n: number, batch: readonly PendingOp[]): Promise<void>;
  /** Batch `n` has its answer. */
  forget(batch: readonly PendingOp[]): void;
  /** Resolves when all of the above is kept. */
  saved(): Promise<void>;
  /** Whether what was left behind may be sent to `space`. */
  belongsTo(space: string): boolean;
  /** Tries once more to save what isn't yet, and gives the store back. */
  close(): Promise<void>;
}

export interface OutboxJournalOptions {
  readonly store: OutboxStore;
  /** What an outbox is called that finds no name in its store. */
  readonly newClient: ClientId;
  readonly ports: Pick<Ports, 'clock' | 'random'>;
  /** Hears that a save failed, once until one succeeds. */
  readonly onError: (error: unknown) => void;
}

/** Throws `outbox-unusable` where the store holds what no outbox has left there. */
export function createOutboxJournal(options: OutboxJournalOptions): OutboxJournal {
  const { store, newClient } = options;
  const recovered = recover(store);
  const saves = createOutboxSaves(options);
  const ids = new Map([...recovered.ops].map(([id, pending]) => [pending, id]));
  let head: Head = recovered.head ?? { client: newClient, n: 0 };
  let lastId = [...ids.values()].reduce((a, b) => Math.max(a, b), HEAD);
  const left = leftBehind(head, recovered.ops);

  function setHead(next: Head): void {
    head = next;
    saves.change(HEAD, next as unknown as JsonValue);
  }

  if (!recovered.head) setHead(head);

  return {
    client: head.client,
    left,
    keep(pending) {
      const id = ids.get(pending) ?? ++lastId;
      ids.set(pending, id);
      saves.change(id, pending.op as JsonValue);
    },
    freeze(n, batch) {
      setHead({ ...head, n, batch: batch.map((pending) => ids.get(pending) as number) });
      return saves.saved();
    },
    forget(batch) {
      for (const pending of batch) {
        saves.change(ids.get(pending) as number, undefined);
        ids.delete(pending);
      }
      const { batch: _, ...rest } = head;
      setHead(rest);
    },
    saved: saves.saved,
    belongsTo(space) {
      if (head.space === space) return true;
      if (left.batch.length + left.queued.length > 0 && head.space !== undefined) return false;
      setHead({ ...head, space });
      return true;
    },
    close: saves.close,
  };
}

interface Recovered {
  readonly head: Head | undefined;
  readonly ops: ReadonlyMap<number, PendingOp>;
}

function recover(store: OutboxStore): Recovered {
  try {
    const records = new Map(store.recover());
    const head = records.get(HEAD);
    records.delete(HEAD);
    const ops = new Map([...records].map(([id, record]) => [id, pendingOf(record)]));
    return { head: head === undefined ? undefined : headOf(head, ops), ops };
  } catch (cause) {
    store.close().catch(() => {}); // nobody else can
    throw new MnemonError('outbox-unusable', 'the outbox store holds what no outbox has left there', {
      cause,
    });
  }
}

function pendingOf(record: JsonValue): PendingOp {
  const op = opSchema.parse(record);
  return pendingOp(op, sizeOfOp(op));
}

function headOf(record: JsonValue, ops: ReadonlyMap<number, PendingOp>): Head {
  const { n, batch, space, client } = record as Partial<Head>;
  const isHead =
    Number.isSafeInteger(n) &&
    (space === undefined || typeof space === 'string') &&
    (batch === undefined || (Array.isArray(batch) && batch.every((id) => ops.has(id))));
  if (!isHead) throw new Error('its first record is no head');
  return { ...(record as unknown as Head), client: clientIdSchema.parse(client) };
}

function leftBehind({ n, batch = [] }: Head, ops: ReadonlyMap<number, PendingOp>): LeftBehind {
  const isFrozen = (id: number) => batch.includes(id);
  return {
    n,
    batch: batch.map((id) => ops.get(id) as PendingOp),
    queued: [...ops].filter(([id]) => !isFrozen(id)).map(([, pending]) => pending),
  };
}
