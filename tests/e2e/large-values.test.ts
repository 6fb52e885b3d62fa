import { createHash } from 'node:crypto';
import { type Change, connect, createCachedReads, type JsonValue, type Mnemon } from '@mnemon/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAmbush } from './ambush.ts';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

/** Of some 900 KB; told apart by their letter, so that no failure prints them. */
const text = (letter: string): string => letter.repeat(900_000);
const letterOf = (value: JsonValue | undefined) =>
  typeof value === 'string' && value.length === 900_000 ? value[0] : value;
const hashOf = (value: JsonValue) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

describe.each(engines)('values of up to 1 MB, on $name', ({ backends }) => {
  const ambush = createAmbush();
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends, { hostFaults: ambush });
  });
  afterAll(() => cloud.close());

  const read = async (memory: Mnemon, key: string, mode: 'session' | 'server' = 'session') =>
    letterOf(await memory.read(key, { mode }));

  test('are written and read like any; changes and entries tell size and hash', async () => {
    const space = cloud.newSpace();
    const [ann, bob] = await Promise.all([cloud.connect(space, 'ann'), cloud.connect(space, 'bob')]);
    const changes: Change[] = [];
    await bob.subscribe('docs/*', (change) => changes.push(change)).ready;
    const written = ann.write('docs/1', text('a'), { tags: ['long'] });
    expect(await read(ann, 'docs/1'), 'before the ack (I9)').toBe('a');
    expect(await written).toEqual({ key: 'docs/1', version: 1, merged: false });
    await eventually(async () => {
      expect(changes).toHaveLength(1);
      expect(await read(ann, 'docs/1')).toBe('a');
    });
    const large = { sizeBytes: 900_002, hash: hashOf(text('a')) };
    expect(changes[0]).toMatchObject({ key: 'docs/1', own: false, entry: { value: null, large } });
    expect(changes[0]).not.toHaveProperty('value');
    expect(await bob.entries('docs/*')).toMatchObject([{ key: 'docs/1', value: null, large }]);
    expect(await bob.list('docs', { tags: ['long'] })).toMatchObject({ entries: [{ large }] });
    expect(await read(bob, 'docs/1')).toBe('a');
    expect(await read(bob, 'docs/1', 'server')).toBe('a');
    const cached = createCachedReads(bob);
    expect(letterOf(await cached.read('docs/1'))).toBe('a');
    await Promise.all([ann.close(), bob.close()]);
  });

  test('keep their place among the other writes of their client', async () => {
    const space = cloud.newSpace();
    const [ann, bob] = await Promise.all([cloud.connect(space, 'ann'), cloud.connect(space, 'bob')]);
    const seen: (number | undefined)[] = [];
    await bob.subscribe('docs/1', ({ entry }) => seen.push(entry.large?.sizeBytes)).ready;
    const writes = [
      ann.write('docs/1', 'first', { expectedVersion: 0 }),
      ann.write('docs/1', text('b'), { expectedVersion: 1 }),
      ann.write('docs/1', 'third', { expectedVersion: 2 }),
    ];
    expect((await Promise.all(writes)).map(({ version }) => version)).toEqual([1, 2, 3]);
    await eventually(async () => expect(seen).toEqual([undefined, 900_002, undefined]));
    await expect(ann.write('docs/1', text('c'), { expectedVersion: 1 })).rejects.toMatchObject({
      code: 'conflict',
      current: { version: 3 },
    });
    await expect(ann.write('docs/1', text('c') + text('c'))).rejects.toMatchObject({
      code: 'value-too-large',
    });
    await expect(ann.write('docs/1', text('c'), { strategy: 'object-merge' })).rejects.toMatchObject({
      code: 'value-too-large',
    });
    expect(await read(bob, 'docs/1')).toBe('third');
    await Promise.all([ann.close(), bob.close()]);
  });

  test.each([
    { phase: 'before', call: 'values.put' },
    { phase: 'after', call: 'values.put' },
    { phase: 'before', call: 'log.append' },
    { phase: 'after', call: 'log.append' },
  ] as const)('written while the handler dies $phase $call: once, and acked', async (scene) => {
    const space = cloud.newSpace();
    const ann = await cloud.connect(space, 'ann');
    const dead = ambush.at(scene);
    const written = ann.write('docs/1', text('d'));
    await dead;
    expect(await written).toEqual({ key: 'docs/1', version: 1, merged: false });
    expect(await cloud.commits(space)).toHaveLength(1);
    expect(await read(ann, 'docs/1', 'server')).toBe('d');
    await ann.close();
  });

  test('need the address of the HTTP API', async () => {
    const space = cloud.newSpace();
    const token = await cloud.issueToken({ space });
    const ann = await connect({ url: cloud.url, token, instanceId: 'ann' });
    await expect(ann.write('docs/1', text('e'))).rejects.toMatchObject({ code: 'value-too-large' });
    await ann.write('docs/1', 'short');
    await ann.close();
  });

  test('that are not what their hash says are not shown', async () => {
    const space = cloud.newSpace();
    const ann = await cloud.connect(space, 'ann');
    await ann.write('docs/1', text('f'));
    await cloud.inside.ports.values?.put(
      { space, partition: 0 },
      { key: 'docs/1', hash: hashOf(text('f')) },
      JSON.stringify(text('g')),
      Date.now(),
    );
    const bob = await cloud.connect(space, 'bob');
    if (cloud.inside.ports.values)
      await expect(bob.read('docs/1')).rejects.toMatchObject({ code: 'internal' });
    await Promise.all([ann.close(), bob.close()]);
  });
});
