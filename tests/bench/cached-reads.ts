import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { createCachedReads, MemorySyncManager } from '@mnemon/client';
import { createFaultyNetwork } from '@mnemon/testing/faulty-network';
import { createMiniServer } from '@mnemon/testing/mini-server';
import { median, report } from './figures.ts';

/** The client's own copy. */
const { LRUCache } = createRequire(new URL('../../packages/client/package.json', import.meta.url))(
  'lru-cache',
) as {
  LRUCache: new (options: { max: number }) => Pick<Map<string, unknown>, 'get' | 'set'>;
};

const RUNS = 7;
const READS = 200_000;
const KEYS = Array.from({ length: 1_000 }, (_, n) => `tasks/${n}/state`);

/**
 * Reads of what a client follows, each awaited, beside the cache beneath: through `createCachedReads`, of values with a
 * lifetime and without one, and through `MemorySyncManager`, all of whose values have one.
 */
export async function benchCachedReads(): Promise<void> {
  const manager = await connected();
  const { memory } = manager;
  const cache = createCachedReads(memory, { maxEntries: 2 * KEYS.length });
  const brief = new Map(KEYS.map((key) => [key, `brief/${key}`]));
  const bare = new LRUCache({ max: KEYS.length });
  for (const key of KEYS) bare.set(key, { state: 'done' });
  const reads: Record<string, (key: string) => unknown> = {
    'per s': (key) => cache.read(key),
    'with a lifetime': (key) => cache.read(brief.get(key) as string),
    'by a manager': (key) => manager.read(key),
    'lru-cache, awaited': (key) => bare.get(key),
  };
  const rates = new Map(Object.keys(reads).map((name) => [name, [] as number[]]));
  for (let run = 0; run <= RUNS; run++) {
    for (const [name, read] of Object.entries(reads)) rates.get(name)?.push(await rate(read));
  }
  const figures = [...rates].map(([name, perSecond]) => [name, median(perSecond.slice(1))] as const);
  report(`cached reads, ${RUNS} runs of ${READS}`, Object.fromEntries(figures));
  await manager.shutdown();
}

const results: unknown[] = [];
async function rate(read: (key: string) => unknown): Promise<number> {
  const startedAt = performance.now();
  for (let n = 0; n < READS; n++) results[0] = await read(KEYS[n % KEYS.length] as string);
  return (READS / (performance.now() - startedAt)) * 1000;
}

/** A manager that follows everything, once the server has said all that it wrote. */
async function connected(): Promise<MemorySyncManager> {
  const server = createMiniServer({ now: Date.now });
  const { openSocket } = createFaultyNetwork({
    clock: { setTimeout },
    random: () => 0,
    accept: server.accept,
  });
  const options = {
    workerId: 'bench',
    url: 'ws://bench',
    token: 'none',
    namespace: 'brief',
    cacheSize: 1_000,
  };
  const manager = await MemorySyncManager.connect(options, { openSocket });
  const { memory } = manager;
  await memory.subscribe('**', () => {}).ready;
  for (const key of KEYS) {
    void memory.write(key, { state: 'done' });
    void manager.write(key, { state: 'done' });
  }
  await memory.flush();
  while (KEYS.some((key) => memory.peek(key).isOwn)) await pause(10);
  return manager;
}
