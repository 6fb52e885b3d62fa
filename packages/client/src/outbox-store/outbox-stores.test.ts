import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outboxStoreContract } from '@mnemon/testing/contracts/outbox-store-contract';
import { createMemoryDisk } from '@mnemon/testing/memory-outbox-store';
import { IDBFactory } from 'fake-indexeddb';
import { expect, test } from 'vitest';
import { openFileOutbox } from './file-outbox.ts';
import { openIndexedDbOutbox } from './indexeddb-outbox.ts';

outboxStoreContract('memory', () => {
  const disk = createMemoryDisk();
  return { open: disk.open, kill: disk.kill, remove: () => {} };
});

outboxStoreContract('file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mnemon-outbox-'));
  const open = () => openFileOutbox({ path: join(folder, 'outbox.ndjson'), compactAboveBytes: 500 });
  return {
    open,
    kill() {
      for (const name of readdirSync(folder)) if (name.endsWith('.claim')) rmSync(join(folder, name));
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
});

outboxStoreContract('IndexedDB', () => {
  const indexedDB = new IDBFactory();
  let locks = createLocks();
  return {
    open: () => openIndexedDbOutbox({ name: 'outbox', indexedDB, locks }),
    kill() {
      locks = createLocks();
    },
    remove: () => {},
  };
});

test('where a browser has no Web Locks, an outbox in IndexedDB is refused', async () => {
  const opened = openIndexedDbOutbox({ name: 'outbox', indexedDB: new IDBFactory() });
  await expect(opened).rejects.toMatchObject({ code: 'outbox-unusable' });
});

/** Web Locks, as far as they are used here: a lock is held until what the callback answers is settled. */
function createLocks(): Pick<LockManager, 'request'> {
  const held = new Set<string>();
  async function request(name: string, _options: object, callback: (lock: Lock | null) => unknown) {
    const isFree = !held.has(name);
    held.add(name);
    await callback(isFree ? { name, mode: 'exclusive' } : null);
    if (isFree) held.delete(name);
  }
  return { request: request as LockManager['request'] };
}
