import { randomUUID } from 'node:crypto';
import { embeddedStore } from '@mnemon/adapters/memory';
import { connectMongo, migrate, mongoStorage } from '@mnemon/adapters/mongo';
import type { StoragePorts } from '@mnemon/core';
import { engineUrl } from '../engines.ts';

export interface OpenStore {
  ports: StoragePorts;
  close(): Promise<void>;
}

interface StorageEngine {
  name: string;
  open(): Promise<OpenStore>;
}

/** What use-cases are tested on: the embedded store always, and MongoDB where there is one. */
export const storageEngines: StorageEngine[] = [
  {
    name: 'the embedded store',
    open: async () => {
      const { close, ...ports } = embeddedStore();
      return { ports, close };
    },
  },
  ...(engineUrl('MongoDB') ? [{ name: 'MongoDB', open: openMongo }] : []),
];

async function openMongo(): Promise<OpenStore> {
  const mongo = connectMongo({ url: engineUrl('MongoDB') as string, dbName: `mnemon_test_${randomUUID()}` });
  await migrate(mongo.db);
  return {
    ports: mongoStorage(mongo),
    close: async () => {
      await mongo.db.dropDatabase();
      await mongo.close();
    },
  };
}
