import type { Grant } from '@mnemon/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { batchOf, put, writeRaw } from './raw-writes.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const grants: Grant[] = [
  { pattern: 'public/**', access: 'read' },
  { pattern: 'own/*', access: 'write' },
];

describe.each(engines)('grants, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  test('operations outside of them are refused one by one, the others applied', async () => {
    const space = cloud.newSpace();
    const limited = await cloud.connectRaw(space, 'limited', { grants });
    const ops = [put('own/a', 1), put('public/a', 2), put('hidden', 3), put('own/a/b', 4)];
    const { outcomes } = await writeRaw(limited, batchOf(ops));
    const forbidden = { status: 'refused', code: 'forbidden' };
    expect(outcomes).toMatchObject([{ status: 'applied', version: 1 }, forbidden, forbidden, forbidden]);
    const events = (await cloud.commits(space)).flatMap(({ commit }) => commit.events);
    expect(events.map(({ key }) => key)).toEqual(['own/a']);

    const { commit } = await writeRaw(limited, batchOf([put('hidden', 3)]));
    expect(commit, 'a batch of which nothing was applied makes no commit').toBeUndefined();
    expect(await cloud.commits(space)).toHaveLength(1);
    limited.socket.close();
  });

  test('a refusal does not tell what is under a key that is hidden', async () => {
    const space = cloud.newSpace();
    const [owner, limited] = await Promise.all([
      cloud.connectRaw(space, 'owner'),
      cloud.connectRaw(space, 'limited', { grants }),
    ]);
    await writeRaw(owner, batchOf([put('hidden', 'secret')]));
    const { outcomes } = await writeRaw(limited, batchOf([put('hidden', 1, { expectedVersion: 9 })]));
    expect(outcomes).toMatchObject([{ status: 'refused', code: 'forbidden' }]);
    expect(JSON.stringify(limited.frames)).not.toContain('secret');
    for (const each of [owner, limited]) each.socket.close();
  });

  test('what they hide is in no frame: not pushed, not caught up, not in the state', async () => {
    const space = cloud.newSpace();
    const [owner, limited] = await Promise.all([
      cloud.connectRaw(space, 'owner'),
      cloud.connectRaw(space, 'limited', { grants }),
    ]);
    const start = (await limited.next('connected')).payload.head;
    await writeRaw(
      owner,
      batchOf([put('public/a', 'seen'), put('hidden/a', 'secret'), put('own/a', 'seen')]),
    );
    await writeRaw(owner, batchOf([put('hidden/b', 'secret')]));
    await writeRaw(owner, batchOf([put('own/a/hidden', 'secret')]));

    const first = await limited.next('changes', ({ payload }) =>
      payload.commits.some(({ seq }) => seq === 1),
    );
    expect(first.payload.commits[0]?.events.map(({ key }) => key)).toEqual(['public/a', 'own/a']);
    const third = await limited.next('changes', ({ payload }) =>
      payload.commits.some(({ seq }) => seq === 3),
    );
    expect(third.payload.commits, 'that something happened in a topic is no secret').toMatchObject([
      { seq: 3, prev: 1, events: [] },
    ]);
    const pushed = limited.frames.flatMap((frame) => (frame.type === 'changes' ? frame.payload.commits : []));
    expect(pushed.map(({ seq }) => seq)).toEqual([1, 3]);

    const log = await limited.ask({ type: 'catch-up', payload: { cursor: start } }, 'caught-up');
    expect(log.payload).toMatchObject({ recovered: true, commits: [{ seq: 1 }, { seq: 3, events: [] }] });
    const state = await limited.ask({ type: 'catch-up', payload: {} }, 'caught-up');
    expect(state.payload).toMatchObject({
      recovered: false,
      entries: [{ key: 'own/a' }, { key: 'public/a' }],
    });
    const subscribed = await limited.ask(
      { type: 'subscribe', payload: { patterns: ['hidden/**'] } },
      'caught-up',
    );
    expect(JSON.stringify([subscribed, ...limited.frames])).not.toContain('secret');
    for (const each of [owner, limited]) each.socket.close();
  });

  test('a client with grants follows the log without a gap', async () => {
    const space = cloud.newSpace();
    const [owner, limited] = await Promise.all([
      cloud.connect(space, 'owner'),
      cloud.connect(space, 'limited', { grants }),
    ]);
    await limited.entries();
    await owner.write('hidden', 1);
    const heard = new Promise((resolve) => limited.subscribe('public/*', resolve));
    await owner.write('public/a', 2);
    expect(await heard).toMatchObject({ key: 'public/a', value: 2 });
    expect(await limited.entries()).toMatchObject([{ key: 'public/a' }]);
    expect(limited.status).toMatchObject({ reloads: 0, headLag: 0 });
    await expect(limited.write('public/a', 3)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await limited.read('public/a'), 'a refused value is taken back').toBe(2);
    await Promise.all([owner.close(), limited.close()]);
  });
});
