import { compact, type SealedCommit, seal, snapshotAndCompact, takeSnapshot, verify } from '@mnemon/core';
import { DEFAULT_RETENTION, type InstanceId } from '@mnemon/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenStore, storageEngines } from './storage-engines.ts';
import { contentOf, DAY_MS, dieEverywhere, openScene, type Scene } from './upkeep-scene.ts';

const RETENTION = { ...DEFAULT_RETENTION, logMs: 40 * DAY_MS };

const compacted = ({ ports, at }: Scene) => compact(ports, at, RETENTION);
const verdict = ({ ports, at }: Scene) => verify(ports, at);

async function write(scene: Scene, commits: number): Promise<void> {
  for (let i = 0; i < commits; i++) await scene.put({ [`key/${i % 4}`]: i, last: scene.ports.clock.now() });
}

describe.each(storageEngines)('compaction on $name', ({ open }) => {
  let store: OpenStore;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());

  /** Six commits, a snapshot of them, and as many days later four more. */
  async function aged(days: number): Promise<Scene> {
    const scene = await openScene(store.ports);
    await write(scene, 6);
    await takeSnapshot(scene.ports, scene.at);
    scene.pass(days * DAY_MS);
    await write(scene, 4);
    return scene;
  }

  /** An instance that was heard of just now, and said that it has come to `seq`. */
  async function attend({ ports, at }: Scene, seq: number, status: 'online' | 'offline' = 'online') {
    const instanceId = 'reader' as InstanceId;
    const { space } = at;
    const atMs = ports.clock.now();
    const connection = { connectionId: 'c', connectedAtMs: 1, userId: 'u', grants: [] };
    await ports.nodes.put({ space, instanceId, ...connection, status, lastSeenAtMs: atMs });
    const [cursor, clock] = [
      { epoch: 'epoch-1', seq: [seq] },
      { wallMs: 0, counter: 0 },
    ];
    await ports.checkpoints.put({ space, instanceId, cursor, events: 0, clock, atMs });
  }

  test('takes what is older than retention and in a snapshot; the chain goes on from there', async () => {
    const scene = await aged(40);
    const before = await scene.state();
    expect(await compacted(scene)).toEqual({ floor: 6, dropped: 6 });
    expect(await scene.seqs()).toEqual([7, 8, 9, 10]);
    expect(await scene.state()).toEqual(before);
    expect(await verdict(scene)).toMatchObject({ intact: true, end: { seq: 10 } });
    expect(await compacted(scene)).toEqual({ floor: 6, dropped: 0 });
  });

  test('takes nothing while the snapshot is younger, or there is none', async () => {
    const young = await aged(39);
    expect(await compacted(young)).toEqual({ floor: 0, dropped: 0 });
    const without = await openScene(store.ports);
    await write(without, 5);
    without.pass(400 * DAY_MS);
    expect(await compacted(without)).toEqual({ floor: 0, dropped: 0 });
    expect(await without.seqs()).toEqual([1, 2, 3, 4, 5]);
  });

  /** Three commits, of which only the newest is left. */
  async function silent(): Promise<Scene> {
    const scene = await openScene(store.ports);
    await write(scene, 3);
    await takeSnapshot(scene.ports, scene.at);
    scene.pass(400 * DAY_MS);
    expect(await compacted(scene)).toEqual({ floor: 3, dropped: 2 });
    return scene;
  }

  test('never takes the newest commit, also where nobody has written since', async () => {
    const scene = await silent();
    expect(await scene.seqs()).toEqual([3]);
    expect(await verdict(scene)).toMatchObject({ intact: true, end: { seq: 3 } });
    await write(scene, 1);
    expect(await compacted(scene)).toEqual({ floor: 3, dropped: 1 });
    expect(await scene.seqs()).toEqual([4]);
    expect(await verdict(scene)).toMatchObject({ intact: true, end: { seq: 4 } });
  });

  test('the newest commit of such a log, rewritten or gone, is found (I2)', async () => {
    const scene = await silent();
    const { ports, at } = scene;
    const [newest] = await ports.log.commits({ ...at, afterSeq: 0, limit: 1 });
    if (!newest) throw new Error('no commit');
    const verdictOn = async (...left: SealedCommit[]) => {
      const commits: typeof ports.log.commits = async ({ afterSeq }) =>
        left.filter(({ commit }) => commit.seq > afterSeq);
      return verify({ ...ports, log: { ...ports.log, commits } }, at);
    };
    expect(await verdictOn(newest)).toMatchObject({ intact: true });
    expect(await verdictOn()).toEqual({ intact: false, seq: 3, problem: 'missing' });
    const author = 'another' as InstanceId;
    const rewritten = { intact: false, seq: 3, problem: 'rewritten' };
    expect(await verdictOn(seal({ ...newest.commit, author }))).toEqual(rewritten);
  });

  test('waits for a live instance that is behind, not for one that is gone or has come further', async () => {
    const behind = await aged(40);
    await attend(behind, 5);
    expect((await compacted(behind)).floor).toBe(0);
    behind.pass(DAY_MS); // it was not heard of since
    expect((await compacted(behind)).floor).toBe(6);
    for (const [seq, status] of [
      [6, 'online'],
      [5, 'offline'],
    ] as const) {
      const scene = await aged(40);
      await attend(scene, seq, status);
      expect((await compacted(scene)).floor).toBe(6);
    }
  });

  test('does not wait for one so far behind that it is given the state anyway', {
    timeout: 120_000,
  }, async () => {
    const scene = await aged(40);
    const { log } = scene.ports;
    await attend(scene, 5);
    const head: typeof log.head = async (space) => {
      const cursor = await log.head(space);
      return cursor && { ...cursor, seq: [5 + 2_001] };
    };
    expect((await compact({ ...scene.ports, log: { ...log, head } }, scene.at, RETENTION)).floor).toBe(6);
  });

  test('a snapshot that cannot be read takes nothing with it', async () => {
    const scene = await aged(40);
    const [manifest] = await scene.ports.snapshots.list(scene.at);
    await scene.ports.snapshots.dropChunks(scene.at, manifest?.attempt as string, [0]);
    await expect(compacted(scene)).rejects.toThrow('chunk 0 is missing');
    expect(await scene.seqs()).toHaveLength(10);
  });

  test('what is rewritten after the floor, or the snapshot at it, is found', async () => {
    const scene = await aged(40);
    await compacted(scene);
    const { ports, at } = scene;
    const [manifest] = await ports.snapshots.list(at);
    if (!manifest) throw new Error('no snapshot');
    await ports.snapshots.remove(at, manifest.seq);
    expect(await verdict(scene)).toEqual({ intact: false, seq: 6, problem: 'missing' });
    await ports.snapshots.publish(at, { ...manifest, commitHash: 'f'.repeat(64) });
    expect(await verdict(scene)).toMatchObject({ intact: false });
  });

  test('keeps few snapshots: the newest, the one at the floor, and some on the way there', async () => {
    const scene = await openScene(store.ports);
    for (let day = 0; day < 120; day += 2) {
      await write(scene, 1);
      await takeSnapshot(scene.ports, scene.at);
      await compacted(scene);
      scene.pass(2 * DAY_MS);
    }
    const kept = (await scene.ports.snapshots.list(scene.at)).map(({ seq }) => seq);
    const floor = await scene.ports.log.floor(scene.at);
    expect(kept[0]).toBe(60);
    expect(kept.at(-1)).toBe(floor);
    expect(floor).toBeGreaterThan(30);
    expect(kept.length).toBeLessThanOrEqual(12);
    const attempts = (await scene.ports.snapshots.list(scene.at)).map(({ attempt }) => attempt).sort();
    expect(await scene.ports.snapshots.attempts(scene.at)).toEqual(attempts);
  });

  test('two at once do what one does', async () => {
    const scene = await aged(40);
    await Promise.all([compacted(scene), compacted(scene), takeSnapshot(scene.ports, scene.at)]);
    expect(await scene.seqs()).toEqual([7, 8, 9, 10]);
    expect(await verdict(scene)).toMatchObject({ intact: true });
  });

  test('wherever it dies, everything can be read, and the next call finishes it', {
    timeout: 120_000,
  }, async () => {
    let before = new Map();
    const calls = await dieEverywhere(
      async () => {
        const scene = await aged(40);
        before = await scene.state();
        return scene;
      },
      (ports, { at }) => compact(ports, at, RETENTION),
      async (scene) => {
        expect(await verdict(scene)).toMatchObject({ intact: true, end: { seq: 10 } });
        expect(await compacted(scene)).toMatchObject({ floor: 6 });
        expect(await scene.seqs()).toEqual([7, 8, 9, 10]);
        expect(await scene.state()).toEqual(before);
        expect(await verdict(scene)).toMatchObject({ intact: true, end: { seq: 10 } });
        const [manifest] = await scene.ports.snapshots.list(scene.at);
        if (!manifest) throw new Error('no snapshot');
        expect((await contentOf(scene, manifest)).size).toBe(5);
      },
    );
    expect(calls).toBeGreaterThan(10);
  });

  test('a space is looked after by its own settings: a snapshot when it has grown enough', async () => {
    const scene = await openScene(store.ports);
    const { ports, at } = scene;
    await ports.spaces.setRetention(at.space, { logMs: 50 * DAY_MS, snapshotEveryCommits: 100 });
    await write(scene, 99);
    await snapshotAndCompact(ports, at.space);
    expect(await ports.snapshots.list(at)).toEqual([]);
    await write(scene, 1);
    await snapshotAndCompact(ports, at.space);
    expect((await ports.snapshots.list(at)).map(({ seq }) => seq)).toEqual([100]);
    await write(scene, 1);
    scene.pass(49 * DAY_MS);
    expect(await snapshotAndCompact(ports, at.space)).toEqual({ floor: 0, dropped: 0 });
    scene.pass(DAY_MS);
    expect(await snapshotAndCompact(ports, at.space)).toEqual({ floor: 100, dropped: 100 });
  });

  test('a small space is compacted too: a snapshot is due when what it would cover is older than retention', async () => {
    const scene = await openScene(store.ports);
    const { ports, at } = scene;
    const upkeep = () => snapshotAndCompact(ports, at.space);
    const { logMs } = DEFAULT_RETENTION;
    const snapshots = async () => (await ports.snapshots.list(at)).map(({ seq }) => seq);
    await scene.put({ stays: 1, goes: 1 });
    await scene.put({ goes: undefined });
    scene.pass(logMs - 1);
    await upkeep();
    expect(await snapshots()).toEqual([]);
    scene.pass(1);
    expect(await upkeep()).toEqual({ floor: 0, dropped: 0 });
    expect(await snapshots()).toEqual([2]);
    scene.pass(logMs);
    expect(await upkeep()).toEqual({ floor: 2, dropped: 1 });
    expect([...(await scene.state()).keys()]).toEqual(['stays']);
    expect(await verdict(scene)).toMatchObject({ intact: true, end: { seq: 2 } });
    await upkeep(); // nothing was written: the same snapshot is still good
    expect(await snapshots()).toEqual([2]);
  });
});
