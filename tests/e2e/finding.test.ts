import type { Change, Mnemon } from '@mnemon/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

describe.each(engines)('on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends, { everyMs: { 'expire-entries': 50 } });
  });
  afterAll(() => cloud.close());

  async function connectTwo(): Promise<[Mnemon, Mnemon]> {
    const space = cloud.newSpace();
    return Promise.all([cloud.connect(space, 'ann'), cloud.connect(space, 'bob')]);
  }

  test('what one instance writes, another finds without following it', async () => {
    const [ann, bob] = await connectTwo();
    await ann.write('tasks/1', { title: 'Fix the login' }, { tags: ['urgent'], entities: ['Cem'] });
    await ann.write('tasks/2', 'Write docs', { tags: ['later'] });
    await bob.write('notes/1', 'the login page');
    const keysOf = async (found: ReturnType<Mnemon['list']>) => (await found).entries.map(({ key }) => key);
    expect(await keysOf(bob.list('tasks'))).toEqual(['tasks/1', 'tasks/2']);
    expect(await keysOf(bob.list('', { tags: ['urgent'], author: 'ann' }))).toEqual(['tasks/1']);
    expect(await keysOf(bob.search('LOGIN the'))).toEqual(['notes/1', 'tasks/1']);
    const { page, entries } = await bob.list('', { limit: 2 });
    expect(entries).toHaveLength(2);
    expect(await keysOf(bob.list('', { limit: 2, ...(page && { page }) }))).toEqual(['tasks/2']);
    await expect(bob.search('…')).rejects.toMatchObject({ code: 'bad-request' });
    expect([
      await bob.read('tasks/2', { mode: 'server' }),
      await bob.read('tasks/9', { mode: 'server' }),
    ]).toEqual(['Write docs', undefined]);
    expect(bob.status.cursor).toBeUndefined();
    await Promise.all([ann.close(), bob.close()]);
  });

  test('what expires is gone at once, and subscribers are told', async () => {
    const [ann, bob] = await connectTwo();
    const changes: Change[] = [];
    const expired = new Promise<Change>((resolve) => {
      bob.subscribe('**', (change) => {
        changes.push(change);
        if (change.type === 'expired') resolve(change);
      });
    });
    await bob.read('k');
    await ann.write('k', 'fleeting', { ttlMs: 300 });
    const change = await expired;
    expect(change).toMatchObject({ key: 'k', own: false });
    expect(change).not.toHaveProperty('value');
    expect([await bob.read('k'), await bob.entries(), await ann.read('k', { mode: 'server' })]).toEqual([
      undefined,
      [],
      undefined,
    ]);
    await ann.write('k', 'again');
    expect(await ann.read('k', { mode: 'server' })).toBe('again');
    await Promise.all([ann.close(), bob.close()]);
  });
});
