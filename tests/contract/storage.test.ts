import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedStore } from '@mnemon/adapters/memory';
import { migrate, mongoStorage } from '@mnemon/adapters/mongo';
import { checkpointsContract } from '@mnemon/testing/contracts/checkpoints-contract';
import { conflictsContract } from '@mnemon/testing/contracts/conflicts-contract';
import { entryIndexContract } from '@mnemon/testing/contracts/entry-index-contract';
import { eventLogContract } from '@mnemon/testing/contracts/event-log-contract';
import { importsContract } from '@mnemon/testing/contracts/imports-contract';
import { inboxContract } from '@mnemon/testing/contracts/inbox-contract';
import { lifetimesContract } from '@mnemon/testing/contracts/lifetimes-contract';
import { locksContract } from '@mnemon/testing/contracts/locks-contract';
import { nodesContract } from '@mnemon/testing/contracts/nodes-contract';
import { policiesContract } from '@mnemon/testing/contracts/policies-contract';
import { snapshotsContract } from '@mnemon/testing/contracts/snapshots-contract';
import { spacesContract } from '@mnemon/testing/contracts/spaces-contract';
import type { MakeStorage } from '@mnemon/testing/contracts/stored-history';
import { taskWaitersContract } from '@mnemon/testing/contracts/task-waiters-contract';
import { tasksContract } from '@mnemon/testing/contracts/tasks-contract';
import { valuesContract } from '@mnemon/testing/contracts/values-contract';
import { afterAll, beforeAll, describe } from 'vitest';
import { engineUrl } from '../engines.ts';
import { useTestMongo } from '../test-mongo.ts';

function storageContract(name: string, makeStorage: MakeStorage): void {
  eventLogContract(name, makeStorage);
  inboxContract(name, makeStorage);
  lifetimesContract(name, makeStorage);
  entryIndexContract(name, makeStorage);
  nodesContract(name, makeStorage);
  spacesContract(name, makeStorage);
  snapshotsContract(name, makeStorage);
  valuesContract(name, makeStorage);
  checkpointsContract(name, makeStorage);
  importsContract(name, makeStorage);
  conflictsContract(name, makeStorage);
  policiesContract(name, makeStorage);
  locksContract(name, makeStorage);
  tasksContract(name, makeStorage);
  taskWaitersContract(name, makeStorage);
}

const stores: { close(): Promise<void> }[] = [];
const folders: string[] = [];
afterAll(async () => {
  for (const store of stores) await store.close();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

storageContract('embedded', () => {
  const store = embeddedStore();
  stores.push(store);
  return store;
});

storageContract('embedded, with a journal', () => {
  const path = mkdtempSync(join(tmpdir(), 'mnemon-storage-'));
  folders.push(path);
  const store = embeddedStore({ path });
  stores.push(store);
  return store;
});

describe.runIf(engineUrl('MongoDB'))('on the engine', () => {
  // Wide enough that 64 writers of one test meet in the database, not in front of it.
  const mongo = useTestMongo({ maxPoolSize: 32 });
  beforeAll(() => migrate(mongo.db)); // as on the second deployment
  storageContract('MongoDB', () => mongoStorage(mongo));
});
