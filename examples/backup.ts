/**
 * A team's memory is exported into a file, and comes back in another cloud, under another name: the same entries, the same
 * history, in a new epoch.
 *
 *     npx tsx examples/backup.ts
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { embeddedStore } from '@mnemon/adapters/memory';
import { connect } from '@mnemon/client';
import { exportSpace, type Identity, importSpace, verify } from '@mnemon/core';
import { type InstanceId, type SpaceId, spaceIdSchema } from '@mnemon/protocol';
import { startCloudProcess } from './local-cloud/cloud-process.ts';
import { spaceTokens } from './local-cloud/space-tokens.ts';

const folder = await mkdtemp(join(tmpdir(), 'mnemon-backup-'));
const [first, second] = [join(folder, 'first'), join(folder, 'second')];
const file = join(folder, 'team.ndjson');
const restored = spaceIdSchema.parse('restored');

/** Connects to a cloud that keeps its memory in `dataDir`, for as long as `work` takes. */
async function onCloud<Result>(
  dataDir: string,
  space: SpaceId | undefined,
  work: (memory: Awaited<ReturnType<typeof connect>>, space: SpaceId) => Promise<Result>,
): Promise<Result> {
  const cloud = await startCloudProcess(0, dataDir);
  try {
    const tokens = await spaceTokens(dataDir, space);
    const memory = await connect({ url: cloud.url, token: tokens.token, instanceId: 'app' });
    const result = await work(memory, tokens.space);
    await memory.close();
    return result;
  } finally {
    await cloud.stop();
  }
}

/** The store of a cloud that has ended. */
async function onStore<Result>(
  dataDir: string,
  work: (ports: ReturnType<typeof portsOf>) => Promise<Result>,
): Promise<Result> {
  const store = embeddedStore({ path: join(dataDir, 'memory') });
  return work(portsOf(store)).finally(() => store.close());
}

const portsOf = ({ close: _, ...storage }: ReturnType<typeof embeddedStore>) => ({
  ...storage,
  clock: { now: Date.now },
  randomId: randomUUID,
});

const operator = (space: SpaceId): Identity => ({
  space,
  instanceId: 'operator' as InstanceId,
  userId: 'operator',
  grants: [{ pattern: '**', access: 'admin' }],
  tokenExpiresAtMs: Date.now() + 60_000,
});

try {
  const before = await onCloud(first, undefined, async (memory, space) => {
    for (let i = 0; i < 50; i++) await memory.write(`tasks/${i % 20}/state`, { step: i });
    await memory.delete('tasks/0/state');
    return { space, entries: await memory.entries() };
  });

  await onStore(first, async (ports) => {
    const exported = await exportSpace(ports, operator(before.space));
    assert(exported.ok);
    await pipeline(exported.value, createWriteStream(file));
  });

  await onStore(second, async (ports) => {
    const imported = await importSpace(ports, operator(restored), createReadStream(file, 'utf8'));
    assert(imported.ok, 'what was exported can be imported');
    const verdict = await verify(ports, { space: restored, partition: 0 });
    assert(verdict.intact, 'its history is whole');
    assert.equal(verdict.end.seq, 52); // 51 writes, and the commit that renews the epoch
    const again = await importSpace(ports, operator(restored), createReadStream(file, 'utf8'));
    assert.deepEqual(again, imported, 'asked for again, it is answered the same');
  });

  const after = await onCloud(second, restored, (memory) => memory.entries());
  assert.deepEqual(after, before.entries);
  console.log(`All ${after.length} entries are back, with their history.`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
