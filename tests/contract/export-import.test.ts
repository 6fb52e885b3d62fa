import { createHash, randomUUID } from 'node:crypto';
import { compact, exportSpace, type Identity, importSpace, takeSnapshot, verify } from '@mnemon/core';
import { DEFAULT_RETENTION, type InstanceId, type SpaceId } from '@mnemon/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenStore, storageEngines } from './storage-engines.ts';
import { contentOf, DAY_MS, dieEverywhere, openScene, type Scene } from './upkeep-scene.ts';

const RETENTION = { ...DEFAULT_RETENTION, logMs: 40 * DAY_MS };
const POLICIES = [{ pattern: 'counts/**', strategy: 'counter' as const }];

const admin = (space: SpaceId): Identity => ({
  space,
  instanceId: 'operator' as InstanceId,
  userId: 'operator',
  grants: [{ pattern: '**', access: 'admin' }],
  tokenExpiresAtMs: Number.MAX_SAFE_INTEGER,
});

async function exported({ ports, at }: Scene): Promise<string[]> {
  const answered = await exportSpace(ports, admin(at.space));
  if (!answered.ok) throw new Error(answered.error.message);
  const lines: string[] = [];
  for await (const line of answered.value) lines.push(line);
  return lines;
}

/** With the last line that belongs to these. */
function ended(lines: readonly string[]): string[] {
  const sha256 = createHash('sha256').update(lines.join('')).digest('hex');
  return [...lines, `${JSON.stringify({ type: 'end', lines: lines.length, sha256 })}\n`];
}

const newName = () => `imported-${randomUUID()}` as SpaceId;

describe.each(storageEngines)('export and import on $name', ({ open }) => {
  let store: OpenStore;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());

  /** A space whose log is compacted up to commit 3, and goes on to 6. */
  async function compactedScene(): Promise<Scene> {
    const scene = await openScene(store.ports);
    const { ports, at } = scene;
    await ports.spaces.setRetention(at.space, RETENTION);
    await ports.policies.set(at.space, POLICIES);
    await scene.put({ a: 1, 'b/😀': { deep: [null, 'ü\n'] }, $c: 'x' });
    await scene.put({ a: 2, gone: 1 });
    await scene.put({ gone: undefined });
    await takeSnapshot(ports, at);
    scene.pass(40 * DAY_MS);
    await scene.put({ a: 3 });
    await scene.put({ $c: undefined, new: 1 });
    await scene.put({ gone: 'back', new: 2 });
    expect(await compact(ports, at, RETENTION)).toMatchObject({ floor: 3 });
    return scene;
  }

  const importInto = (scene: Scene, space: SpaceId, lines: Iterable<string>, ports = scene.ports) =>
    importSpace(ports, admin(space), lines);
  /** The scene, seen in the other space. */
  const seenIn = (scene: Scene, space: SpaceId): Scene => {
    const at = { space, partition: 0 };
    const { log } = scene.ports;
    const all = { ...at, afterKey: undefined, limit: 1_000, withTombstones: true };
    const state = async () => new Map((await log.entries(all)).map((entry) => [entry.key, entry]));
    return { ...scene, at, state };
  };

  async function expectSame(scene: Scene, space: SpaceId): Promise<void> {
    const { ports } = scene;
    const copy = seenIn(scene, space);
    expect(await copy.state()).toEqual(await scene.state());
    expect(await verify(ports, copy.at)).toMatchObject({ intact: true, end: { seq: 7 } });
    expect(await ports.policies.get(space)).toEqual(POLICIES);
    expect(await ports.spaces.retention(space)).toEqual(RETENTION);
    const [before, after] = [await ports.log.head(scene.at.space), await ports.log.head(space)];
    expect(after?.seq).toEqual([7]);
    expect(after?.epoch).not.toBe(before?.epoch);
    const [[base], [copied]] = [await ports.snapshots.list(scene.at), await ports.snapshots.list(copy.at)];
    if (!base || !copied) throw new Error('no snapshot');
    expect(await contentOf(copy, copied)).toEqual(await contentOf(scene, base));
    const renewal = (await ports.log.commits({ ...copy.at, afterSeq: 6, limit: 10 })).map(
      ({ commit }) => commit,
    );
    expect(renewal).toMatchObject([{ events: [], epoch: after?.epoch, author: 'operator' }]);
  }

  test('a space comes back under another name: its state, its log and its settings, in a new epoch', async () => {
    const scene = await compactedScene();
    const space = newName();
    const lines = await exported(scene);
    expect(lines).toHaveLength(1 + 4 + 3 + 1);
    const answered = await importInto(scene, space, lines);
    expect(answered).toMatchObject({ ok: true, value: { cursor: { seq: [7] } } });
    await expectSame(scene, space);
    await seenIn(scene, space).ports.log.open(space, 'unused'); // it is open
  });

  test('exported again, it says the same but for its name and epoch', async () => {
    const scene = await compactedScene();
    const space = newName();
    await importInto(scene, space, await exported(scene));
    const third = newName();
    await importInto(scene, third, await exported(seenIn(scene, space)));
    expect(await seenIn(scene, third).state()).toEqual(await scene.state());
    expect(await verify(scene.ports, { space: third, partition: 0 })).toMatchObject({ intact: true });
  });

  test('under its own name, elsewhere, every commit and its hash stay as they are', async () => {
    const scene = await compactedScene();
    const lines = await exported(scene);
    const [embedded] = storageEngines;
    const elsewhere = await embedded?.open();
    if (!elsewhere) throw new Error('no store');
    const ports = { ...scene.ports, ...elsewhere.ports };
    expect(await importInto(scene, scene.at.space, lines, ports)).toMatchObject({ ok: true });
    const range = { ...scene.at, afterSeq: 3, limit: 3 };
    expect(await ports.log.commits(range)).toEqual(await scene.ports.log.commits(range));
    await elsewhere.close();
  });

  test('a log that was never compacted is exported whole, however its text is cut on the way', async () => {
    const scene = await openScene(store.ports);
    for (let i = 0; i < 250; i++) await scene.put({ [`key/${i % 7}`]: i });
    const text = (await exported(scene)).join('');
    const pieces = Array.from({ length: Math.ceil(text.length / 1_000) }, (_, i) =>
      text.slice(i * 1_000, (i + 1) * 1_000),
    );
    const space = newName();
    expect(await importInto(scene, space, pieces)).toMatchObject({ ok: true });
    expect(await seenIn(scene, space).state()).toEqual(await scene.state());
    expect(await verify(scene.ports, { space, partition: 0 })).toMatchObject({ end: { seq: 251 } });
  });

  test('what is no export, or was touched, is refused by line, and the name stays free', async () => {
    const scene = await compactedScene();
    const lines = await exported(scene);
    const swap = (line: string, from: string | RegExp, to: string) => {
      expect(line).toMatch(from);
      return line.replace(from, to);
    };
    const bad: [string, string[]][] = [
      ['line 1: the end is missing', []],
      ['line 1: this is no line', ['hello\n', ...lines]],
      ['line 1: an exported space begins', lines.slice(1)],
      ['line 1: this is no line', [swap(lines[0] as string, '"format":1', '"format":2'), ...lines.slice(1)]],
      ['line 2: a second header', [lines[0] as string, ...lines]],
      ['does not fit: missing', lines.filter((_, i) => i !== 5)],
      [
        'does not fit: rewritten',
        lines.map((line, i) => (i === 6 ? swap(line, '"value":1', '"value":9') : line)),
      ],
      [
        'a commit of another space',
        lines.map((line, i) => (i === 6 ? swap(line, /"space":"[^"]+"/, '"space":"x"') : line)),
      ],
      [
        'the sum is another',
        lines.map((line, i) => (i === 1 ? swap(line, '"version":1', '"version":2') : line)),
      ],
      ['entries out of order', [lines[0], lines[2], lines[1], ...lines.slice(3)] as string[]],
      ['commits are missing', ended(lines.slice(0, -2))],
      ['the end is missing', lines.slice(0, -1)],
      ['something follows the end', [...lines, lines[0] as string]],
    ];
    for (const [problem, pieces] of bad) {
      const space = newName();
      const answered = await importInto(scene, space, pieces);
      expect(answered, problem).toMatchObject({ ok: false, error: { code: 'bad-request' } });
      expect(answered.ok ? '' : answered.error.message).toContain(problem);
      expect(await scene.ports.log.commits({ space, partition: 0, afterSeq: 0, limit: 1 })).toEqual([]);
      expect(await importInto(scene, space, lines), problem).toMatchObject({ ok: true });
    }
  });

  test('a space that is in use is refused, and stays as it is; so is whoever is no administrator', async () => {
    const scene = await compactedScene();
    const lines = await exported(scene);
    const before = await scene.state();
    expect(await importInto(scene, scene.at.space, lines)).toMatchObject({ error: { code: 'conflict' } });
    expect(await scene.state()).toEqual(before);
    const writer = { ...admin(newName()), grants: [{ pattern: '**', access: 'write' as const }] };
    expect(await importSpace(scene.ports, writer, lines)).toMatchObject({ error: { code: 'forbidden' } });
    expect(await exportSpace(scene.ports, writer)).toMatchObject({ error: { code: 'forbidden' } });
    expect(await exportSpace(scene.ports, admin(newName()))).toMatchObject({ error: { code: 'not-found' } });
  });

  test('imported again because the answer was lost, it is answered the same; another export is refused', async () => {
    const scene = await compactedScene();
    const lines = await exported(scene);
    const space = newName();
    const first = await importInto(scene, space, lines);
    await scene.put({ later: 1 });
    expect(await importInto(scene, space, lines)).toEqual(first);
    expect(await importInto(scene, space, await exported(scene))).toMatchObject({
      error: { code: 'conflict' },
    });
    await expect(importInto(scene, space, [])).resolves.toMatchObject({ error: { code: 'bad-request' } });
  });

  test('of two imports at once one gets through at most, and the space is whole or not there', async () => {
    const scene = await compactedScene();
    const lines = await exported(scene);
    const space = newName();
    const both = await Promise.all([importInto(scene, space, lines), importInto(scene, space, lines)]);
    if (both.every(({ ok }) => !ok)) {
      expect(await importInto(scene, space, lines)).toMatchObject({ ok: true });
    }
    await expectSame(scene, space);
  });

  test('one that was overtaken adds nothing to what the other has opened', async () => {
    const slow = await exported(await compactedScene());
    const scene = await openScene(store.ports);
    await scene.put({ only: 1 });
    const lines = await exported(scene);
    const name = newName();
    const { log } = scene.ports;
    // The slow one is about to put the entries in that its log begins with.
    const append: typeof log.append = async (step) => {
      expect((await importInto(scene, name, lines)).ok).toBe(true);
      return log.append(step);
    };
    const overtaken = await importInto(scene, name, slow, { ...scene.ports, log: { ...log, append } });
    expect(overtaken).toMatchObject({ ok: false, error: { code: 'conflict' } });
    const at = { space: name, partition: 0 };
    const kept = await log.entries({ ...at, afterKey: undefined, limit: 10, withTombstones: true });
    expect(kept.map(({ key }) => key)).toEqual(['only']);
    expect(await verify(scene.ports, at)).toMatchObject({ intact: true });
  });

  test('a space of which only the newest commit is left comes back, too', async () => {
    const scene = await openScene(store.ports);
    await scene.put({ a: 1 });
    await scene.put({ a: 2, b: 1 });
    await takeSnapshot(scene.ports, scene.at);
    scene.pass(40 * DAY_MS);
    expect(await compact(scene.ports, scene.at, RETENTION)).toMatchObject({ floor: 2 });
    const name = newName();
    expect(await importInto(scene, name, await exported(scene))).toMatchObject({ ok: true });
    const at = { space: name, partition: 0 };
    expect(await verify(scene.ports, at)).toMatchObject({ intact: true, end: { seq: 3 } });
    const kept = await scene.ports.log.entries({ ...at, afterKey: undefined, limit: 10 });
    expect(kept.map(({ key, value }) => [key, value])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });

  test('wherever an import dies, the space is not there, and the next attempt makes it whole', {
    timeout: 180_000,
  }, async () => {
    const scene = await compactedScene();
    const lines = await exported(scene);
    let space = newName();
    const calls = await dieEverywhere(
      async () => {
        space = newName();
        return scene;
      },
      (ports) => importInto(scene, space, lines, ports as Scene['ports']),
      async () => {
        const answered = await importInto(scene, space, lines);
        // Also when the death came after the last step, and it is open already (I6).
        expect(answered).toMatchObject({ ok: true, value: { cursor: { seq: [7] } } });
        expect(answered.ok && answered.value.cursor).toEqual(await scene.ports.log.head(space));
        await expectSame(scene, space);
      },
    );
    expect(calls).toBeGreaterThan(8);
  });
});
