import { memoryConnections, memoryEventBus, memoryFanout } from '@mnemon/adapters/memory';
import {
  compact,
  exportSpace,
  fork,
  type Identity,
  importSpace,
  type Ports,
  readWholeEntry,
  restore,
  takeSnapshot,
  writeBatch,
} from '@mnemon/core';
import {
  type ClientId,
  type Cursor,
  DEFAULT_RETENTION,
  type InstanceId,
  type JsonValue,
  type SpaceId,
} from '@mnemon/protocol';
import { newSpace } from '@mnemon/testing/contracts/stored-history';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenStore, storageEngines } from './storage-engines.ts';
import { DAY_MS, openScene } from './upkeep-scene.ts';

const text = (letter: string) => letter.repeat(66 * 1024);
const pause = async () => {};
const RETENTION = { ...DEFAULT_RETENTION, logMs: 40 * DAY_MS };

describe.each(storageEngines)('large values on $name', ({ open }) => {
  let store: OpenStore;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());

  async function makeScene() {
    const scene = await openScene(store.ports);
    const ports: Ports = {
      ...scene.ports,
      bus: memoryEventBus(),
      fanout: memoryFanout(),
      connections: memoryConnections({ staleAfterMs: 80_000 }),
    };
    const identity = (space: SpaceId): Identity => ({
      space,
      instanceId: 'ann' as InstanceId,
      userId: 'ann',
      grants: [{ pattern: '**', access: 'admin' }],
      tokenExpiresAtMs: Number.MAX_SAFE_INTEGER,
    });
    const ann = identity(scene.at.space);
    let batches = 0;

    return {
      ...scene,
      ports,
      ann,
      identity,
      async write(key: string, value: JsonValue, by = 'ann'): Promise<void> {
        const hlc = { wallMs: ports.clock.now(), counter: 0 };
        const op = { op: 'put' as const, key, seen: {}, hlc, value };
        const batch = { client: `outbox-${++batches}` as ClientId, n: 1, ops: [op] };
        const writer = { ...ann, instanceId: by as InstanceId };
        const written = await writeBatch(ports, pause, writer, batch);
        if (!written.ok) throw new Error(written.error.code);
      },
      async valueAt(key: string, by = ann): Promise<unknown> {
        const found = await readWholeEntry(ports, by, key);
        return found.ok ? found.value.value : found.error.code;
      },
      async cursor(): Promise<Cursor> {
        return (await ports.log.head(scene.at.space)) as Cursor;
      },
      /** The keys of the values that are kept. */
      async kept(): Promise<string[]> {
        const values = await ports.values.aged(scene.at, { untilMs: Number.MAX_SAFE_INTEGER, limit: 100 });
        return values.map(({ key }) => key);
      },
      async compactAfter(days: number) {
        await takeSnapshot(ports, scene.at);
        scene.pass(days * DAY_MS);
        return compact(ports, scene.at, RETENTION);
      },
    };
  }

  test('are kept as long as they can be read: now, in the log, in the state that the log begins with', async () => {
    const scene = await makeScene();
    await scene.write('current', text('a'));
    await scene.write('replaced', text('b'));
    await scene.ports.values.put(
      scene.at,
      { key: 'never', hash: 'a'.repeat(64) },
      '1',
      scene.ports.clock.now(),
    );
    expect(await scene.compactAfter(39)).toMatchObject({ floor: 0 });
    expect(await scene.kept()).toEqual(['current', 'never', 'replaced']);
    await scene.write('replaced', 'short');
    // The log still begins at its first commit: nothing is old enough but what nobody ever named.
    await scene.compactAfter(1);
    expect(await scene.kept()).toEqual(['current', 'replaced']);
    // It begins after the write of both: the state there has them.
    expect(await scene.compactAfter(38)).toMatchObject({ floor: 2 });
    expect(await scene.kept()).toEqual(['current', 'replaced']);
    await scene.write('other', 1);
    expect(await scene.compactAfter(41)).toMatchObject({ floor: 4 });
    expect(await scene.kept()).toEqual(['current']);
    expect(await scene.valueAt('current')).toBe(text('a'));
  });

  test('come back by a restoration, and stay then', async () => {
    const scene = await makeScene();
    await scene.write('docs/1', text('a'));
    const then = await scene.cursor();
    await scene.write('docs/1', text('b'));
    const request = { scope: { prefix: '' }, to: then };
    const restored = await restore(scene.ports, pause, scene.ann, request);
    expect(restored).toMatchObject({ ok: true, value: { outcomes: [{ outcome: { version: 3 } }] } });
    expect(await scene.valueAt('docs/1')).toBe(text('a'));
    await scene.write('other', 1);
    await scene.compactAfter(41);
    await scene.write('other', 2);
    await scene.compactAfter(41);
    expect(await scene.kept()).toEqual(['docs/1']);
    expect(await scene.valueAt('docs/1')).toBe(text('a'));
  });

  test('that are gone are not brought back', async () => {
    const scene = await makeScene();
    await scene.write('docs/1', text('a'));
    const then = await scene.cursor();
    await scene.write('docs/1', text('b'));
    for (const value of await scene.ports.values.aged(scene.at, {
      untilMs: Number.MAX_SAFE_INTEGER,
      limit: 9,
    })) {
      await scene.ports.values.drop(scene.at, value);
    }
    const restored = await restore(scene.ports, pause, scene.ann, { scope: { prefix: '' }, to: then });
    expect(restored).toMatchObject({ ok: false, error: { code: 'too-old' } });
  });

  test('are exported and imported, and so are the records of conflicts', async () => {
    const scene = await makeScene();
    const { ports, at } = scene;
    await scene.write('docs/1', text('a'));
    await scene.write('docs/2', text('a'));
    await scene.compactAfter(41); // the state that the log begins with names them
    await scene.write('docs/1', text('b'), 'bob');
    await scene.write('docs/3', { small: true }, 'bob');
    await scene.write('docs/3', { small: true }, 'cem');
    const lines: string[] = [];
    const exported = await exportSpace(ports, scene.ann);
    if (!exported.ok) throw new Error(exported.error.code);
    for await (const line of exported.value) lines.push(line);
    expect(lines.filter((line) => line.includes('"type":"value"'))).toHaveLength(3);
    const target = scene.identity(newSpace());
    expect(await importSpace(ports, target, lines)).toMatchObject({ ok: true });
    expect(await scene.valueAt('docs/1', target)).toBe(text('b'));
    expect(await scene.valueAt('docs/2', target)).toBe(text('a'));
    const records = async (space: SpaceId) =>
      (await ports.conflicts.recorded(space, { limit: 9 })).map(({ space: _, ...record }) => record);
    expect(await records(target.space)).toHaveLength(2);
    expect(await records(target.space)).toEqual(await records(at.space));
    expect(await ports.conflicts.stats(target.space)).toEqual(await ports.conflicts.stats(at.space));
    const other = scene.identity(newSpace());
    const without = lines.filter((line) => !line.includes('"type":"value"'));
    const refused = await importSpace(ports, other, without);
    expect(refused).toMatchObject({ ok: false, error: { code: 'bad-request' } });
    expect(refused.ok ? '' : refused.error.message).toContain('a value is missing');
    expect(await importSpace(ports, other, lines), 'counted once').toMatchObject({ ok: true });
    expect(await ports.conflicts.stats(other.space)).toEqual(await ports.conflicts.stats(at.space));
  });

  test('are copied into a fork', async () => {
    const scene = await makeScene();
    await scene.write('docs/1', text('a'));
    const then = await scene.cursor();
    await scene.write('docs/1', text('b'));
    const target = scene.identity(newSpace());
    const forked = await fork(scene.ports, scene.ann, target, then);
    expect(forked).toMatchObject({ ok: true, value: { complete: true } });
    expect(await scene.valueAt('docs/1', target)).toBe(text('a'));
  });
});
