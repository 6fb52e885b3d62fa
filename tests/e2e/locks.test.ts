import { isLocked, isMnemonError, isStaleToken, type Mnemon } from '@mnemon/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const LONG = { leaseMs: 60_000 };

describe.each(engines)('locks, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  async function pair(): Promise<[Mnemon, Mnemon]> {
    const space = cloud.newSpace();
    return [await cloud.connect(space, 'ann'), await cloud.connect(space, 'ben')];
  }

  test('one holder at a time; who waits is told, without polling', async () => {
    const [ann, ben] = await pair();
    const held = await ann.lock('tasks/1/lock', LONG);
    await expect(ben.lock('tasks/1/lock', LONG)).rejects.toSatisfy(isLocked);
    await expect(ann.lock('tasks/1/lock', LONG), 'by its holder neither').rejects.toSatisfy(isLocked);
    const waiting = ben.lock('tasks/1/lock', { ...LONG, waitMs: 50_000 });
    await Promise.all([ann.flush(), ben.tasks.count()]); // its question is on its way before
    const releasedAt = Date.now();
    await held.release();
    const next = await waiting;
    expect(Date.now() - releasedAt, 'long before the lease would have ended').toBeLessThan(20_000);
    expect(next.token).toBeGreaterThan(held.token);
    expect(held.signal.reason.code).toBe('lock-released');
    await Promise.all([ann.close(), ben.close()]);
    expect(next.signal.aborted).toBe(true);
  });

  test('a lock is renewed by itself, and ends with its work', async () => {
    const [ann, ben] = await pair();
    const leaseMs = 1_500;
    const result = await ann.withLock('lock', { leaseMs }, async (lock) => {
      await expect(ben.lock('lock', { leaseMs, waitMs: 2 * leaseMs })).rejects.toSatisfy(isLocked);
      expect(lock.signal.aborted).toBe(false);
      return 'done';
    });
    expect(result).toBe('done');
    const failing = ann.withLock('lock', { ...LONG, waitMs: 20_000 }, () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await (await ben.lock('lock', { ...LONG, waitMs: 20_000 })).release();
    await Promise.all([ann.close(), ben.close()]);
  });

  test('the lock of a holder that vanished passes on at once, and what it still writes is refused', async () => {
    const space = cloud.newSpace();
    const [ann, ben] = [await cloud.connect(space, 'ann'), await cloud.connect(space, 'ben')];
    const lost = await ann.lock('lock', LONG);
    await ann.write('state', 'from ann', { lock: lost });
    const waiting = ben.lock('lock', { ...LONG, waitMs: 50_000 });
    await ben.tasks.count();
    await cloud.cut(space, 'ann');
    const lock = await waiting;
    await ben.write('state', 'from ben', { lock });
    await expect(ann.write('state', 'late', { lock: lost })).rejects.toSatisfy(isStaleToken);
    await eventually(() => expect(lost.signal.reason?.code).toBe('lock-lost'));
    expect(await ben.read('state', { mode: 'server' })).toBe('from ben');
    await Promise.all([ann.close(), ben.close()]);
  });

  test('of a batch only what carries an old token is refused', async () => {
    const [ann, ben] = await pair();
    const old = await ann.lock('lock', LONG);
    await old.release();
    const lock = await ben.lock('lock', LONG);
    const writes = [
      ben.write('a', 1, { lock }),
      ben.write('b', 1, { lock: old }),
      ben.delete('a', { lock: { name: 'never/held', token: 1 } }),
      ben.write('c', 1),
    ];
    const settled = await Promise.allSettled(writes);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    await Promise.all([ann.close(), ben.close()]);
  });

  test('who may not write the key may neither hold its lock nor hide behind it', async () => {
    const space = cloud.newSpace();
    const guest = await cloud.connect(space, 'guest', {
      grants: [
        { pattern: 'own/**', access: 'write' },
        { pattern: '**', access: 'read' },
      ],
    });
    const isForbidden = (error: unknown) => isMnemonError(error) && error.code === 'forbidden';
    await expect(guest.lock('lock')).rejects.toSatisfy(isForbidden);
    await expect(guest.write('own/a', 1, { lock: { name: 'lock', token: 1 } })).rejects.toSatisfy(
      isForbidden,
    );
    await (await guest.lock('own/lock')).release();
    await guest.close();
  });

  test('never do two that believe they hold it both land a write, however they are paused', {
    timeout: 180_000,
  }, async () => {
    const space = cloud.newSpace();
    const landed: number[] = [];
    const compete = async (name: string) => {
      const client = await cloud.connect(space, name);
      for (let round = 0; round < 4; round++) {
        const lock = await client.lock('lock', { ...LONG, waitMs: 60_000 });
        // Every other time its connection is gone before its write leaves: others get the lock, and it doesn't know.
        if (round % 2 === 1) await cloud.cut(space, name);
        await client.write('log', lock.token, { lock }).then(
          () => landed.push(lock.token),
          (error) => expect(error).toSatisfy(isStaleToken),
        );
        await lock.release();
      }
      await client.close();
    };
    await Promise.all(Array.from({ length: 6 }, (_, i) => compete(`holder-${i}`)));
    const reader = await cloud.connect(space, 'reader');
    const last = await reader.read('log', { mode: 'server' });
    expect(landed.length).toBeGreaterThanOrEqual(12);
    expect(last, 'the newest token that landed is there').toBe(Math.max(...landed));
    const commits = await cloud.commits(space);
    const tokens = commits.flatMap(({ commit }) => commit.events.map(({ value }) => value as number));
    expect(tokens, 'in the order of the tokens').toEqual(tokens.toSorted((a, b) => a - b));
    await reader.close();
  });
});
