import type { JsonValue } from '@mnemon/protocol';
import { backoffMs } from '../backoff.ts';
import { createTimer } from '../clock.ts';
import type { OutboxStore } from '../outbox-store/outbox-store.ts';
import type { Ports } from '../ports.ts';

/** Saves changes in their order, those of one turn together, each until it succeeds. */
export interface OutboxSaves {
  /** Without a record, `id` is removed. */
  change(id: number, record: JsonValue | undefined): void;
  /** Resolves when all changes so far are saved. */
  saved(): Promise<void>;
  /** Tries once more, and gives the store back. */
  close(): Promise<void>;
}

export interface OutboxSavesOptions {
  readonly store: OutboxStore;
  readonly ports: Pick<Ports, 'clock' | 'random'>;
  readonly onError: (error: unknown) => void;
}

/** Nothing to save yet. `onError` hears that a save failed, once until one succeeds. */
export function createOutboxSaves({ store, ports, onError }: OutboxSavesOptions): OutboxSaves {
  const { clock, random } = ports;
  const retry = createTimer(clock, () => void save());
  let changes = new Map<number, JsonValue | undefined>();
  let waiting: { readonly upTo: number; resolve(): void }[] = [];
  let made = 0;
  let kept = 0;
  let failures = 0;
  let running: Promise<void> | undefined;
  let isDue = false;
  let isClosed = false;

  function change(id: number, record: JsonValue | undefined): void {
    changes.set(id, record);
    made++;
    if (isDue || running || failures > 0 || isClosed) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      void save();
    });
  }

  function save(): Promise<void> {
    if (!running && changes.size > 0) running = saveAll();
    return running ?? Promise.resolve();
  }

  async function saveAll(): Promise<void> {
    while (changes.size > 0) {
      const taken = changes;
      const upTo = made;
      changes = new Map();
      const isSaved = await saveOnce(taken);
      if (!isSaved) {
        changes = new Map([...taken, ...changes]);
        if (!isClosed) retry.set(backoffMs(failures, random()));
        break;
      }
      kept = upTo;
      release();
    }
    running = undefined;
  }

  async function saveOnce(taken: ReadonlyMap<number, JsonValue | undefined>): Promise<boolean> {
    try {
      await store.save(taken);
      failures = 0;
      return true;
    } catch (error) {
      if (failures++ === 0) onError(error);
      return false;
    }
  }

  function release(): void {
    const done = waiting.filter(({ upTo }) => upTo <= kept);
    waiting = waiting.filter(({ upTo }) => upTo > kept);
    for (const { resolve } of done) resolve();
  }

  return {
    change,
    saved: (): Promise<void> =>
      kept === made
        ? Promise.resolve()
        : new Promise((resolve) => void waiting.push({ upTo: made, resolve })),
    async close(): Promise<void> {
      isClosed = true;
      retry.clear();
      await running;
      await save();
      await store.close();
    },
  };
}
