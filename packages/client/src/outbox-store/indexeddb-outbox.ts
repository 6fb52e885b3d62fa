import type { JsonValue } from '@mnemon/protocol';
import { MnemonError } from '../mnemon-error.ts';
import type { OutboxStore } from './outbox-store.ts';

const RECORDS = 'records';

export interface IndexedDbOutboxOptions {
  /** Of the database. */
  readonly name: string;
  /** By default those of the browser. */
  readonly indexedDB?: IDBFactory;
  readonly locks?: Pick<LockManager, 'request'>;
}

/**
 * Opens an outbox in a browser's IndexedDB, for the `outboxStore` option. Rejects with `outbox-in-use` while another tab
 * or worker has it, and with `outbox-unusable` where the browser keeps nothing, or has no Web Locks (outside of secure contexts).
 *
 * @example
 * const outboxStore = await openIndexedDbOutbox({ name: 'planner-outbox' });
 * const memory = openMnemon({ url, token, instanceId: 'planner', outboxStore });
 */
export async function openIndexedDbOutbox(options: IndexedDbOutboxOptions): Promise<OutboxStore> {
  const { name, indexedDB = globalThis.indexedDB, locks = globalThis.navigator?.locks } = options;
  if (!indexedDB || !locks) {
    throw new MnemonError('outbox-unusable', 'an outbox in a browser needs IndexedDB and Web Locks');
  }
  const giveBack = await claim(locks, `mnemon-outbox-${name}`);
  if (!giveBack) throw new MnemonError('outbox-in-use', `another tab or worker has the outbox ${name}`);
  try {
    return await openStore(indexedDB, name, giveBack);
  } catch (cause) {
    giveBack();
    throw new MnemonError('outbox-unusable', `the outbox ${name} can't be used`, { cause });
  }
}

/** The browser takes the lock back from a page that is gone. */
const claim = (locks: Pick<LockManager, 'request'>, lock: string): Promise<(() => void) | undefined> =>
  new Promise((resolve, reject) => {
    const held = (granted: Lock | null) =>
      new Promise<void>((giveBack) => {
        if (granted) resolve(giveBack);
        else giveBack(resolve(undefined));
      });
    locks.request(lock, { ifAvailable: true }, held).catch(reject);
  });

async function openStore(indexedDB: IDBFactory, name: string, giveBack: () => void): Promise<OutboxStore> {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(RECORDS);
  const database = await resultOf(opening);
  const reading = database.transaction(RECORDS).objectStore(RECORDS);
  const [ids, records] = await Promise.all([resultOf(reading.getAllKeys()), resultOf(reading.getAll())]);
  return {
    recover: () => ids.map((id, at) => [Number(id), records[at] as JsonValue] as const),
    async save(changes) {
      const transaction = database.transaction(RECORDS, 'readwrite');
      const store = transaction.objectStore(RECORDS);
      for (const [id, record] of changes) {
        if (record === undefined) store.delete(id);
        else store.put(record, id);
      }
      await new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
      });
    },
    async close() {
      database.close();
      giveBack();
    },
  };
}

const resultOf = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
