import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PartitionId } from '@mnemon/core';
import { DEFAULT_RETENTION, type InstanceId } from '@mnemon/protocol';
import { newSpace, openSpace, write } from '@mnemon/testing/contracts/stored-history';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type EmbeddedStore, embeddedStore } from './embedded-store.ts';

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'mnemon-past-'));
});
afterEach(() => rmSync(path, { recursive: true }));

const reserved = newSpace();

/** A compacted log with its snapshot, settings and a checkpoint, and a space that is being imported. */
async function fill(store: EmbeddedStore): Promise<PartitionId> {
  const at = await openSpace(store.log);
  for (let i = 0; i < 6; i++) await write(store.log, at, [{ values: [[`key/${i % 2}`, i]] }]);
  await store.snapshots.putChunk(at, { attempt: 'a', number: 3 }, '[{"some":"entries"}]');
  const manifest = { format: 1, seq: 4, attempt: 'a', chunks: [] } as never;
  await store.snapshots.publish(at, manifest);
  await store.log.raiseFloor({ ...at, seq: 4 });
  await store.log.dropCommits({ ...at, limit: 3 });
  await store.spaces.setRetention(at.space, DEFAULT_RETENTION);
  const [cursor, clock] = [
    { epoch: 'e', seq: [5] },
    { wallMs: 1, counter: 2 },
  ];
  const instanceId = 'i' as InstanceId;
  await store.checkpoints.put({ space: at.space, instanceId, cursor, events: 3, clock, atMs: 4 });
  await store.imports.reserve(reserved, 'an import');
  return at;
}

async function contentOf(store: EmbeddedStore, at: PartitionId) {
  return {
    commits: await store.log.commits({ ...at, afterSeq: 0, limit: 10 }),
    entries: await store.log.entries({ ...at, afterKey: undefined, limit: 10 }),
    history: await store.log.commitsOf({ ...at, key: 'key/1', beforeSeq: 10, limit: 10 }),
    floor: await store.log.floor(at),
    chunk: await store.snapshots.chunk(at, { attempt: 'a', number: 3 }),
    manifests: await store.snapshots.list(at),
    retention: await store.spaces.retention(at.space),
    checkpoints: await store.checkpoints.list(at.space),
    head: await store.log.head(at.space),
    closed: await store.log.open(reserved, 'e').catch((error: Error) => error.name),
  };
}

test.each([
  ['from its journal', Number.MAX_SAFE_INTEGER],
  ['from a journal that was rewritten', 1],
])('a compacted log, its snapshots and settings come back %s', async (_, compactAboveBytes) => {
  const store = embeddedStore({ path, compactAboveBytes });
  const at = await fill(store);
  const who = {
    space: at.space,
    instanceId: 'n' as InstanceId,
    userId: 'u',
    grants: [],
  };
  const node = { ...who, status: 'online' as const };
  for (let i = 0; i < 200; i++) {
    await store.nodes.put({ ...node, connectionId: 'c', connectedAtMs: 1, lastSeenAtMs: i });
    await new Promise((resolve) => setImmediate(resolve)); // a rewrite has its turn
  }
  const before = await contentOf(store, at);
  expect(before).toMatchObject({ floor: 4, closed: 'Unavailable', commits: [{}, {}, {}] });
  await store.close();
  const again = embeddedStore({ path });
  expect(await contentOf(again, at)).toEqual(before);
  expect(await write(again.log, at, [{ values: [['key/0', 'next']] }])).toBe('committed');
  await again.close();
});
