import { embeddedStore } from '@mnemon/adapters/memory';
import { mongoStorage } from '@mnemon/adapters/mongo';
import type { StoragePorts } from '@mnemon/core';
import { engineUrl } from '../engines.ts';
import { openTestMongo } from '../test-mongo.ts';

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
  const { db, close } = await openTestMongo();
  return { ports: mongoStorage({ db }), close };
}
