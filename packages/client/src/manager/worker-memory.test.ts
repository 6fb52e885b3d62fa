import type { JsonValue, NodeView } from '@mnemon/protocol';
import { expect, test } from 'vitest';
import type { Mnemon, Subscription } from '../mnemon.ts';
import type { Change } from '../replica/change.ts';
import { createNamespace } from './keys.ts';
import type { ManagerCore } from './manager-core.ts';
import { announcedBy, createWorkerMemory, type WorkerStatus } from './worker-memory.ts';

const NOW_MS = 1_000_000;

/** The memory of worker `me`, with the statuses that were synced and the instances that the server knows. */
function createScene({ defaultTTL = 60, nodes = [] as NodeView[], statuses = {} } = {}) {
  let nowMs = 0;
  const written: string[] = [];
  const announced: unknown[] = [];
  let beats = 0;
  let write: () => Promise<void> = async () => {};
  const hear: ((change: Change) => unknown)[] = [];
  const page = (from: string | undefined) => nodes.findIndex(({ instanceId }) => instanceId === from) + 1;
  const memory: Partial<Mnemon> = {
    announce: (presence) => void announced.push(presence.announced),
    beat: () => void beats++,
    subscribe: (pattern, callback) => {
      if (pattern === 'ns/workers/me/status') hear.push(callback);
      return Object.assign(() => {}, { ready: Promise.resolve() }) as Subscription;
    },
    nodes: async ({ page: from } = {}) => {
      const [node] = nodes.slice(page(from));
      const isLast = node === nodes.at(-1);
      return {
        nodes: node ? [node] : [],
        nowMs: NOW_MS,
        ...(node && !isLast && { page: node.instanceId }),
      };
    },
  };
  const core: Partial<ManagerCore> = {
    memory: memory as Mnemon,
    tell: () => {},
    within: () => createNamespace('ns'),
    write: async (key, value) => {
      written.push(`${key} ${(value as { state?: string }).state}`);
      await write();
      return undefined;
    },
    find: async () => Object.entries<JsonValue>(statuses).map(([key, value]) => ({ key, value })),
  };
  const workers = createWorkerMemory(core as ManagerCore, {
    workerId: 'me',
    defaultTTL,
    now: () => nowMs,
  });
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return {
    ...{ workers, written, announced, pass, beats: () => beats },
    /** Writes end as `outcome` does. */
    writesAre(outcome: () => Promise<void>) {
      write = outcome;
    },
    async hearOfOwn(change: Partial<Change>) {
      for (const callback of hear) callback({ key: 'ns/workers/me/status', ...change } as Change);
    },
  };
}

const node = (instanceId: string, agoMs: number, more: Partial<NodeView> = {}): NodeView => ({
  ...{ instanceId, userId: 'u', status: 'online', lastSeenAtMs: NOW_MS - agoMs },
  announced: { namespace: 'ns' },
  ...more,
});

test('a worker is active until 30 s after its last beat, by the clock of the server, if it is one of this namespace', async () => {
  const nodes = [
    node('fresh', 0),
    node('late', 29_999),
    node('gone', 30_000),
    node('closed', 1, { status: 'offline' }),
    node('elsewhere', 1, { announced: { namespace: 'other' } }),
    node('silent', 1, { announced: null }),
    node('hidden', 1, { announced: undefined } as Partial<NodeView>),
  ];
  const statuses = {
    'ns/workers/late/status': { state: 'busy', tasks: ['1'] },
    'ns/workers/hidden/status': { state: 'idle' },
    'ns/workers/stranger/status': { state: 'idle' },
  };
  const { workers } = createScene({ nodes, statuses });
  expect(await workers.active()).toEqual([
    { workerId: 'fresh', lastBeatAtMs: NOW_MS },
    { workerId: 'late', lastBeatAtMs: NOW_MS - 29_999, state: 'busy', tasks: ['1'] },
    { workerId: 'hidden', lastBeatAtMs: NOW_MS - 1, state: 'idle' },
  ]);
});

test('a status is written when it changed, when half of its lifetime is over, and when the connection was away', async () => {
  const { workers, written, announced, pass, beats } = createScene({ defaultTTL: 60 });
  await workers.syncStatus('me', { state: 'idle' });
  await workers.syncStatus('me', { state: 'idle' });
  await workers.syncStatus('other', { state: 'idle' });
  await workers.syncStatus('me', { state: 'busy' });
  expect(written.splice(0)).toEqual([
    'workers/me/status idle',
    'workers/other/status idle',
    'workers/me/status busy',
  ]);
  expect(announced.at(-1)).toEqual({ namespace: 'ns', state: 'busy' });
  expect(announced).toHaveLength(3);
  pass(29_999);
  await workers.beat();
  expect(written).toEqual([]);
  pass(1);
  await workers.beat();
  await workers.beat();
  expect({ written: written.splice(0), beats: beats() }).toEqual({
    ...{ written: ['workers/me/status busy'], beats: 3 },
  });
  await workers.returned();
  expect(written).toEqual(['workers/me/status busy']);
});

test('a status without an end is written once; one who said nothing says nothing on his return', async () => {
  const { workers, written, pass } = createScene({ defaultTTL: 0 });
  await workers.returned();
  await workers.syncStatus('me', { state: 'idle' });
  pass(1e12);
  await workers.beat();
  expect(written).toEqual(['workers/me/status idle']);
});

test('what is said twice while it is being written is written once, and anew if it could not be', async () => {
  const { workers, written, writesAre } = createScene();
  const failing: ((error: Error) => void)[] = [];
  writesAre(() => new Promise((_, reject) => void failing.push(reject)));
  const first = workers.syncStatus('me', { state: 'idle' });
  await workers.syncStatus('me', { state: 'idle' });
  expect(written.splice(0)).toEqual(['workers/me/status idle']);
  const second = workers.syncStatus('me', { state: 'busy' });
  failing[0]?.(new Error('no'));
  await expect(first).rejects.toThrow('no');
  await workers.syncStatus('me', { state: 'busy' });
  expect(written.splice(0), 'busy is still being written').toEqual(['workers/me/status busy']);
  failing[1]?.(new Error('no'));
  await expect(second).rejects.toThrow('no');
  writesAre(async () => {});
  await workers.syncStatus('me', { state: 'busy' });
  expect(written).toEqual(['workers/me/status busy']);
});

test('what another says of this worker is put right as soon as it is seen', async () => {
  const { workers, written, hearOfOwn } = createScene({ defaultTTL: 0 });
  await workers.syncStatus('me', { state: 'idle' });
  await workers.syncStatus('me', { state: 'busy' });
  written.splice(0);
  await hearOfOwn({ own: true });
  await hearOfOwn({ own: false, key: 'ns/workers/other/status' });
  expect(written).toEqual([]);
  await hearOfOwn({ own: false });
  expect(written).toEqual(['workers/me/status busy']);
});

test('what is too much to announce is left out of it', () => {
  const status: WorkerStatus = { state: 'busy', tasks: Array.from({ length: 1_000 }, (_, i) => `task-${i}`) };
  expect(announcedBy('ns', status)).toEqual({ namespace: 'ns' });
});
