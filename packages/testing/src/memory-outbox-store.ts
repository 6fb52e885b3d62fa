import type { JsonValue } from '@mnemon/protocol';

/** A disk that holds one outbox: what was saved outlives the programs that open it. */
export interface MemoryDisk {
  /** Rejects while it is open. */
  open(): Promise<MemoryOutboxStore>;
  /** The program that has it open is killed: what it had not saved never is. */
  kill(): void;
  /** As long as it is set, saves fail. */
  setFull(isFull: boolean): void;
  /** What is kept. */
  readonly records: ReadonlyMap<number, JsonValue>;
  readonly isOpen: boolean;
}

interface MemoryOutboxStore {
  recover(): readonly (readonly [id: number, record: JsonValue])[];
  save(changes: ReadonlyMap<number, JsonValue | undefined>): Promise<void>;
  close(): Promise<void>;
}

/** `pause` is how long a save takes; by default it is there at once. */
export function createMemoryDisk(pause: () => Promise<void> = async () => {}): MemoryDisk {
  const records = new Map<number, string>();
  let opened = 0;
  let current: number | undefined;
  let isFull = false;

  const inOrder = () =>
    [...records].sort(([a], [b]) => a - b).map(([id, text]) => [id, JSON.parse(text) as JsonValue] as const);

  async function open(): Promise<MemoryOutboxStore> {
    if (current !== undefined) throw Object.assign(new Error('it is open'), { code: 'outbox-in-use' });
    const mine = ++opened;
    current = mine;
    return {
      recover: inOrder,
      async save(changes) {
        await pause();
        if (current !== mine) throw new Error('it is no longer open');
        if (isFull) throw new Error('no space left on device');
        for (const [id, record] of changes) {
          if (record === undefined) records.delete(id);
          else records.set(id, JSON.stringify(record));
        }
      },
      async close() {
        if (current === mine) current = undefined;
      },
    };
  }

  return {
    open,
    kill: () => {
      current = undefined;
    },
    setFull: (full) => {
      isFull = full;
    },
    get records() {
      return new Map(inOrder());
    },
    get isOpen() {
      return current !== undefined;
    },
  };
}
