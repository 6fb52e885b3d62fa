import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

describe.each(engines)('on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  test('what a key was, and what the memory was, can be asked for', async () => {
    const space = cloud.newSpace();
    const [ann, bob] = await Promise.all([cloud.connect(space, 'ann'), cloud.connect(space, 'bob')]);
    await ann.write('tasks/1', { state: 'open' });
    const { cursor: first } = await ann.stateAt({ prefix: '' }, { timeMs: Date.now() + 60_000 });
    await bob.write('tasks/1', { state: 'done' }, { expectedVersion: 1 });
    await bob.write('tasks/2', 1);

    const { versions } = await bob.history('tasks/1');
    expect(versions.map(({ writer, event, patch }) => [writer, event.type, patch])).toEqual([
      ['bob', 'updated', [{ op: 'replace', path: '/value/state', value: 'done' }]],
      ['ann', 'created', [{ op: 'add', path: '/value', value: { state: 'open' } }]],
    ]);
    const newest = await ann.history('tasks/1', { limit: 1 });
    const { page = '' } = newest;
    const rest = await ann.history('tasks/1', { limit: 1, page });
    expect([...newest.versions, ...rest.versions]).toEqual(versions);

    const { entries } = await bob.stateAt({ prefix: 'tasks' }, { cursor: first });
    expect(entries.map(({ key, value }) => [key, value])).toEqual([['tasks/1', { state: 'open' }]]);
    const foreign = { epoch: 'another', seq: [1] };
    await expect(bob.stateAt({ key: 'a' }, { cursor: foreign })).rejects.toMatchObject({
      code: 'bad-cursor',
    });
    await expect(bob.history('')).rejects.toMatchObject({ code: 'bad-key' });
    await Promise.all([ann.close(), bob.close()]);
  });

  test('what was can be compared, brought back, undone, and begun anew elsewhere', async () => {
    const { ann, ...grants } = await administrator();
    await ann.write('a', 1);
    await ann.write('b', 1);
    const { head: good } = await ann.stats();
    await ann.write('a', 2);
    await ann.delete('b');
    const { differences } = await ann.diff({ prefix: '' }, { cursor: good });
    expect(differences.map(({ key, before, after }) => [key, before?.value, after?.value])).toEqual([
      ['a', 1, 2],
      ['b', 1, undefined],
    ]);

    const restored = await ann.restore({ prefix: '' }, good);
    expect(restored.outcomes.map(({ key, outcome }) => [key, outcome.status])).toEqual([
      ['a', 'applied'],
      ['b', 'applied'],
    ]);
    expect([await ann.read('a', FRESH), await ann.read('b', FRESH)]).toEqual([1, 1]);
    await ann.restore({ prefix: '' }, restored.from);
    expect([await ann.read('a', FRESH), await ann.read('b', FRESH)]).toEqual([2, undefined]);

    const elsewhere = cloud.newSpace();
    const token = await cloud.issueToken({ space: elsewhere, instance: 'ann', ...grants });
    const begun = await ann.fork(good, token);
    const there = await cloud.connect(elsewhere, 'bob');
    const { entries } = await there.stateAt({ prefix: '' }, { cursor: begun });
    expect(entries.map(({ key, value }) => [key, value])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
    await Promise.all([ann.close(), there.close()]);
  });

  test('a space is counted, checked and kept', async () => {
    const { ann } = await administrator();
    await ann.write('a', 1);
    expect(await ann.stats()).toMatchObject({ commits: 1, entries: 1, nodes: [{ instanceId: 'ann' }] });
    const first = await ann.verify();
    expect(first).toMatchObject({ intact: true, end: { seq: 1 } });
    const kept = await ann.snapshots.take();
    expect(kept).toMatchObject({ seq: 1, counts: { entries: 1 } });
    await ann.write('a', 2);
    expect(await ann.snapshots.list()).toEqual([kept]);
    expect(await ann.verify(first.intact ? first.end : undefined)).toMatchObject({ end: { seq: 2 } });
    expect(await ann.verify({ seq: 1, hash: '0'.repeat(64) })).toMatchObject({ problem: 'rewritten' });
    expect(await ann.rebuild({ prefix: '' })).toEqual({ compared: 1, wrong: 0, differences: [] });
    await ann.close();
  });

  test('who may only write administers nothing', async () => {
    const writer = await cloud.connect(cloud.newSpace(), 'ann', { grants: [WRITES] });
    await writer.write('a', 1);
    const refused = [
      writer.stats(),
      writer.verify(),
      writer.rebuild({ prefix: '' }),
      writer.snapshots.take(),
      writer.snapshots.list(),
    ];
    for (const each of refused) await expect(each).rejects.toMatchObject({ code: 'forbidden' });
    await writer.close();
  });

  test('what stands side by side is shown, and merged by one', async () => {
    const space = cloud.newSpace();
    const [ann, bob] = await Promise.all([cloud.connect(space, 'ann'), cloud.connect(space, 'bob')]);
    await ann.write('drink', 'tea', { strategy: 'custom' });
    await bob.write('drink', 'milk', { strategy: 'custom' });
    const { conflicts } = await ann.conflicts.list({ status: 'open' });
    expect(conflicts).toMatchObject([{ stored: { value: 'tea' }, arrived: { value: 'milk' } }]);
    const id = conflicts[0]?.id ?? '';
    const late = ann.conflicts.resolve(id, 'coffee', { expectedVersion: 1 });
    await expect(late).rejects.toMatchObject({ code: 'conflict' });
    const merged = await ann.conflicts.resolve(id, 'tea with milk', { tags: ['agreed'] });
    expect(merged).toEqual({ status: 'applied', version: 3 });
    expect(await bob.read('drink', FRESH)).toBe('tea with milk');
    expect(await bob.conflicts.get(id)).toMatchObject({ status: 'resolved', outcome: 'merged' });
    await expect(bob.conflicts.resolve(id, 'milk')).rejects.toMatchObject({ code: 'conflict' });
    expect(await bob.conflicts.count()).toMatchObject({ byPair: [{ name: 'ann bob', count: 1 }] });
    await expect(bob.conflicts.get('none')).rejects.toMatchObject({ code: 'not-found' });
    await Promise.all([ann.close(), bob.close()]);
  });

  async function administrator() {
    const grants = [{ pattern: '**', access: 'admin' as const }];
    return { grants, ann: await cloud.connect(cloud.newSpace(), 'ann', { grants }) };
  }
});

const FRESH = { mode: 'server' } as const;
const WRITES = { pattern: '**', access: 'write' as const };
