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
});
