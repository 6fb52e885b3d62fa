import {
  canonicalText,
  compact,
  type Manifest,
  snapshotBefore,
  snapshotEntriesOf,
  takeSnapshot,
} from '@mnemon/core';
import type { JsonValue } from '@mnemon/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenStore, storageEngines } from './storage-engines.ts';
import { contentOf, DAY_MS, dieEverywhere, openScene, type Scene } from './upkeep-scene.ts';

/** Three of them are more than a chunk. */
const BULKY = 'x'.repeat(400_000);

async function taken({ ports, at }: Scene): Promise<Manifest> {
  const answered = await takeSnapshot(ports, at);
  if (!answered.ok) throw new Error(answered.error.message);
  return answered.value;
}

/** The scene with something that happens each time after a page of entries was read. */
function between(scene: Scene, happen: () => Promise<void>): Scene {
  const { log } = scene.ports;
  const entries: typeof log.entries = async (page) => {
    const read = await log.entries({ ...page, limit: 2 }).then((all) => all.slice(0, page.limit));
    await happen();
    return read;
  };
  // A page of two is a full one.
  const paged: typeof log.entries = async (page) => {
    const all = [];
    for (let afterKey = page.afterKey; all.length < page.limit; afterKey = all.at(-1)?.key) {
      const read = await entries({ ...page, afterKey });
      all.push(...read);
      if (read.length < 2) break;
    }
    return all;
  };
  return { ...scene, ports: { ...scene.ports, log: { ...log, entries: paged } } };
}

describe.each(storageEngines)('snapshots on $name', ({ open }) => {
  let store: OpenStore;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());
  const makeScene = () => openScene(store.ports);

  test('a snapshot is the state after one commit, and counts what is in it', async () => {
    const scene = await makeScene();
    await scene.put({ a: 1, b: { deep: [null] }, 'c/😀': 'x' });
    await scene.put({ a: 2, b: undefined });
    const manifest = await taken(scene);
    expect(manifest).toMatchObject({ seq: 2, epoch: 'epoch-1', counts: { entries: 2, tombstones: 1 } });
    expect(await contentOf(scene, manifest)).toEqual(await scene.state());
    const [, newest] = await scene.ports.log.commits({ ...scene.at, afterSeq: 0, limit: 2 });
    expect(manifest.commitHash).toBe(newest?.hash);
    expect(await scene.ports.snapshots.attempts(scene.at)).toEqual([manifest.attempt]);
  });

  test('taken again without a change it is the same; after one it is another', async () => {
    const scene = await makeScene();
    await scene.put({ a: 1 });
    const first = await taken(scene);
    expect(await taken(scene)).toEqual(first);
    await scene.put({ a: 2 });
    expect((await taken(scene)).seq).toBe(2);
    expect(await scene.ports.snapshots.list(scene.at)).toHaveLength(2);
    expect((await snapshotBefore(scene.ports, scene.at, 1))?.seq).toBe(1);
  });

  test('of a space without a commit there is none', async () => {
    const { ports, at } = await makeScene();
    expect(await takeSnapshot(ports, at)).toMatchObject({ ok: false, error: { code: 'not-found' } });
  });

  test('a large state is in several chunks, of which a few keys need only theirs', async () => {
    const scene = await makeScene();
    for (let i = 0; i < 9; i++) await scene.put({ [`key/${i}`]: `${i}${BULKY}` });
    const manifest = await taken(scene);
    expect(manifest.chunks.length).toBeGreaterThan(2);
    expect(await contentOf(scene, manifest)).toEqual(await scene.state());

    const read: number[] = [];
    const { snapshots } = scene.ports;
    const counting = {
      snapshots: {
        ...snapshots,
        chunk: (...args: Parameters<typeof snapshots.chunk>) => {
          read.push(args[1].number);
          return snapshots.chunk(...args);
        },
      },
    };
    const found = await snapshotEntriesOf(counting, scene.at, manifest, [
      'key/8',
      'key/80',
      'key/7x',
      'a',
      'z',
    ]);
    expect([...found.keys()]).toEqual(['key/8']);
    expect(read.length).toBeLessThanOrEqual(2);
  });

  test('what is written while it is taken does not tear it: it is the state after its own commit', async () => {
    const scene = await makeScene();
    for (const key of ['b', 'd', 'f', 'h']) await scene.put({ [key]: BULKY });
    const states = new Map<number, string>();
    const steps: Record<string, JsonValue | undefined>[] = [
      { b: 'changed behind', h: 'changed ahead' },
      { a: 'new behind', z: `new ahead ${BULKY}`, d: undefined },
      { b: undefined, a: 'again', e: BULKY },
    ];
    const busy = between(scene, async () => {
      const step = steps.shift();
      if (!step) return;
      await scene.put(step);
      states.set((await scene.seqs()).length, canonicalText([...(await scene.state())]));
    });
    const manifest = await taken(busy);
    expect(manifest.seq).toBe(7);
    expect(canonicalText([...(await contentOf(scene, manifest))])).toBe(states.get(7));
    const used = manifest.chunks.map(({ number }) => number);
    for (let number = 0; number < 20; number++) {
      const chunk = await scene.ports.snapshots.chunk(scene.at, { attempt: manifest.attempt, number });
      expect(chunk !== undefined, `chunk ${number}`).toBe(used.includes(number));
    }
  });

  test('two at once leave one, whole', async () => {
    const scene = await makeScene();
    await scene.put({ a: 1, b: 2 });
    const [first, second] = await Promise.all([taken(scene), taken(scene)]);
    expect(second).toEqual(first);
    expect(await scene.ports.snapshots.list(scene.at)).toEqual([first]);
    expect(await scene.ports.snapshots.attempts(scene.at)).toEqual([first?.attempt]);
    expect(await contentOf(scene, first as Manifest)).toEqual(await scene.state());
  });

  test('a chunk or a manifest that was touched is noticed', async () => {
    const scene = await makeScene();
    const { snapshots } = scene.ports;
    await scene.put({ a: 1 });
    const manifest = await taken(scene);
    const [ref] = manifest.chunks;
    const id = { attempt: manifest.attempt, number: ref?.number as number };
    const text = (await snapshots.chunk(scene.at, id)) as string;
    await snapshots.putChunk(scene.at, id, text.replace('"value":1', '"value":2'));
    await expect(contentOf(scene, manifest)).rejects.toThrow('rewritten');
    await snapshots.dropChunks(scene.at, manifest.attempt);
    await expect(contentOf(scene, manifest)).rejects.toThrow('missing');
    await snapshots.remove(scene.at, 1);
    await snapshots.publish(scene.at, { ...manifest, commitHash: 'f'.repeat(64) });
    await expect(snapshotBefore(scene.ports, scene.at, 1)).rejects.toThrow('manifest was rewritten');
  });

  test('wherever its taker dies, the next attempt is whole, and what was left behind goes', {
    timeout: 120_000,
  }, async () => {
    const prepare = async () => {
      const scene = await makeScene();
      await scene.put({ a: 1, b: 2, c: 3 });
      await scene.put({ b: undefined });
      return scene;
    };
    let isFirst = true;
    const calls = await dieEverywhere(
      prepare,
      async (ports, scene) => {
        isFirst = true;
        const { log } = ports;
        // One write meanwhile, so that the copy has to be corrected.
        const entries: typeof log.entries = async (page) => {
          const read = await log.entries(page);
          if (isFirst) await scene.put({ a: 'meanwhile' });
          isFirst = false;
          return read;
        };
        await takeSnapshot({ ...ports, log: { ...log, entries } as typeof log }, scene.at);
      },
      async (scene) => {
        const manifest = await taken(scene);
        expect(await contentOf(scene, manifest)).toEqual(await scene.state());
        expect(await scene.ports.snapshots.list(scene.at)).toEqual([manifest]);
        scene.pass(DAY_MS);
        await compact(scene.ports, scene.at, { logMs: 31 * DAY_MS, snapshotEveryCommits: 100 });
        expect(await scene.ports.snapshots.attempts(scene.at)).toEqual([manifest.attempt]);
      },
    );
    expect(calls).toBeGreaterThan(8);
  });
});

test('whatever is written between any two reads, a snapshot is the state that the log says', async () => {
  const [embedded] = storageEngines;
  const storage = await embedded?.open();
  if (!storage) throw new Error('no store');
  const key = fc.constantFrom('a', 'b', 'b/c', 'd', '😀', '\uffff', 'zz');
  const value = fc.option(fc.constantFrom<JsonValue>(1, 'two', BULKY), { nil: undefined });
  const step = fc.dictionary(key, value, { minKeys: 1, maxKeys: 4 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 4 }),
      fc.array(step, { maxLength: 6 }),
      async (before, during) => {
        const scene = await openScene(storage.ports);
        for (const each of before) await scene.put(each);
        const left = [...during];
        const manifest = await taken(
          between(scene, async () => {
            const next = left.shift();
            if (next) await scene.put(next);
          }),
        );
        const state = await scene.state();
        const content = await contentOf(scene, manifest);
        // Nothing was written after the last read: the projection is the state at the snapshot's commit.
        expect(manifest.seq).toBe((await scene.seqs()).length);
        expect(content).toEqual(state);
        expect([...content.keys()]).toEqual([...state.keys()]);
      },
    ),
    { numRuns: 60 },
  );
  await storage.close();
});
