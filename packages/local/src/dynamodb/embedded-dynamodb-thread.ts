// The inside of the thread that runs dynalite.
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import dynalite from 'dynalite';

const { path, port } = workerData as { path: string | undefined; port: number };

if (path !== undefined) await assertUsable(path);
const server = dynalite({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
// A frozen execution environment can't see that an idle connection was closed, so idle ones are kept for long.
server.keepAliveTimeout = 350_000;
server.listen(port, '127.0.0.1', () => {
  parentPort?.postMessage({ port: (server.address() as AddressInfo).port });
});
parentPort?.once('message', () => {
  server.close((error) => {
    if (error) throw error;
    parentPort?.close();
  });
  server.closeAllConnections();
});

/** dynalite opens its store lazily and hides why that failed, so the same engine tries it first. */
async function assertUsable(directory: string): Promise<void> {
  const require = createRequire(import.meta.resolve('dynalite'));
  const { Level } = require('level') as { Level: new (path: string) => Store };
  const store = new Level(directory);
  await store.open();
  await store.close();
}

interface Store {
  open(): Promise<void>;
  close(): Promise<void>;
}
