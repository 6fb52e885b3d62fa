import type { Acquired, EventLog, LockId, Locks, LockTime } from '@mnemon/core';
import type { Fence, InstanceId, SpaceId } from '@mnemon/protocol';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { appendOf, loadAll, type MakeStorage, newSpace, openSpace } from './stored-history.ts';

const WAIT = { timeout: 20_000, interval: 5 };
const LONG_MS = 600_000;
const NO_WAIT = { leaseMs: LONG_MS, waitMs: 0 };

/** What every store of locks must keep. Each test has spaces of its own and leaves rows behind. */
export function locksContract(name: string, makeStorage: MakeStorage): void {
  describe(`locks: ${name}`, () => {
    let locks: Locks;
    let log: EventLog;
    beforeAll(async () => {
      ({ locks, log } = await makeStorage());
    });
    const newLock = async (name = 'tasks/$1.a/lock'): Promise<LockId> => {
      const { space } = await openSpace(log);
      return { space, name };
    };
    holdingTests(() => locks, newLock);
    tokenTests(() => locks, newLock);
    waiterTests(() => locks, newLock);
    fenceTests(
      () => locks,
      () => log,
      newLock,
    );
  });
}

type NewLock = (name?: string) => Promise<LockId>;

const by = (who: string, attempt = `attempt of ${who}`) => ({
  instanceId: who as InstanceId,
  connectionId: `connection of ${who}`,
  attempt,
});
const timeOf = (lock: LockId, who: string, acquired: Acquired | undefined): LockTime => {
  if (!acquired?.granted) throw new Error(`${who} does not have it`);
  return { ...lock, instanceId: who as InstanceId, token: acquired.token };
};
const isGranted = (acquired: Acquired | undefined) => acquired?.granted === true;

function holdingTests(locks: () => Locks, newLock: NewLock): void {
  describe('holding', () => {
    test('of 64 that ask at once exactly one has it, again and again', async () => {
      const lock = await newLock();
      for (let round = 0; round < 5; round++) {
        const names = Array.from({ length: 64 }, (_, i) => `holder-${round}-${i}`);
        const got = await Promise.all(names.map((who) => locks().acquire(lock, by(who), NO_WAIT)));
        expect(got.filter(isGranted)).toHaveLength(1);
        const winner = got.findIndex(isGranted);
        await locks().release(timeOf(lock, names[winner] as string, got[winner]));
      }
    });

    test('nobody gets what is held, its holder neither; how long it is held is told', async () => {
      const lock = await newLock();
      await locks().acquire(lock, by('a'), NO_WAIT);
      for (const other of [by('b'), by('a', 'another call')]) {
        const refused = await locks().acquire(lock, other, NO_WAIT);
        expect(refused).toEqual({ granted: false, leaseLeftMs: expect.any(Number) });
        const { leaseLeftMs } = refused as Acquired & { granted: false };
        expect(leaseLeftMs).toBeGreaterThan(LONG_MS - 60_000);
        expect(leaseLeftMs).toBeLessThanOrEqual(LONG_MS);
      }
    });

    test('a call that is repeated gets the same answer, and another instance under its name does not', async () => {
      const lock = await newLock();
      const first = await locks().acquire(lock, by('$a.b', 'one call'), NO_WAIT);
      expect(await locks().acquire(lock, by('$a.b', 'one call'), NO_WAIT)).toEqual(first);
      expect(isGranted(await locks().acquire(lock, by('b', 'one call'), NO_WAIT))).toBe(false);
    });

    test('a lease ends by itself; then another has it, and its late holder can do nothing', async () => {
      const lock = await newLock();
      const dead = timeOf(lock, 'dead', await locks().acquire(lock, by('dead'), { ...NO_WAIT, leaseMs: 30 }));
      const next = () => locks().acquire(lock, by('next'), NO_WAIT);
      await vi.waitUntil(async () => isGranted(await next()), WAIT);
      expect(await locks().renew(dead, 'connection of dead', LONG_MS)).toBe(false);
      expect(await locks().release(dead)).toBeUndefined();
      expect(isGranted(await locks().acquire(lock, by('dead', 'anew'), NO_WAIT))).toBe(false);
    });

    test('a lease that has ended is not renewed, even if nobody else asked', async () => {
      const lock = await newLock();
      const time = timeOf(lock, 'a', await locks().acquire(lock, by('a'), { ...NO_WAIT, leaseMs: 30 }));
      await vi.waitUntil(async () => !(await locks().renew(time, 'c', 1)), WAIT);
      expect(await locks().renew(time, 'c', LONG_MS)).toBe(false);
    });

    test('renewed it is held as long as was said last', async () => {
      const lock = await newLock();
      const time = timeOf(lock, 'a', await locks().acquire(lock, by('a'), { ...NO_WAIT, leaseMs: 5_000 }));
      expect(await locks().renew(time, 'connection of a', LONG_MS)).toBe(true);
      const refused = await locks().acquire(lock, by('b'), NO_WAIT);
      expect((refused as Acquired & { granted: false }).leaseLeftMs).toBeGreaterThan(5_000);
      await locks().renew(time, 'connection of a', 1);
      await vi.waitUntil(async () => isGranted(await locks().acquire(lock, by('b'), NO_WAIT)), WAIT);
    });

    test('only its holder gives it back, under its token, once', async () => {
      const lock = await newLock();
      const time = timeOf(lock, 'a', await locks().acquire(lock, by('a'), NO_WAIT));
      expect(await locks().release({ ...time, instanceId: 'b' as InstanceId })).toBeUndefined();
      expect(await locks().release({ ...time, token: time.token + 1 })).toBeUndefined();
      expect(isGranted(await locks().acquire(lock, by('b'), NO_WAIT))).toBe(false);
      expect(await locks().release(time)).toEqual({ name: lock.name, waiters: [] });
      expect(await locks().release(time)).toBeUndefined();
      expect(isGranted(await locks().acquire(lock, by('b'), NO_WAIT))).toBe(true);
    });

    test('locks of other names and spaces are others', async () => {
      const lock = await newLock('a/b');
      const others = [{ ...lock, name: 'a' }, { ...lock, name: 'a/b/c' }, await newLock('a/b')];
      for (const each of [lock, ...others]) {
        expect(isGranted(await locks().acquire(each, by('a'), NO_WAIT))).toBe(true);
      }
    });

    test('a space that nobody has opened has none', async () => {
      const lock = { space: newSpace(), name: 'a' };
      expect(await locks().acquire(lock, by('a'), NO_WAIT)).toBeUndefined();
      expect(await locks().releaseAll(lock.space, 'connection of a')).toEqual([]);
    });

    test('what is held through a connection is given back with it, and nothing else', async () => {
      const lock = await newLock('one');
      const two = { ...lock, name: 'two' };
      const moved = { ...lock, name: 'moved' };
      await locks().acquire(lock, by('a'), NO_WAIT);
      await locks().acquire(two, by('b'), NO_WAIT);
      const time = timeOf(moved, 'a', await locks().acquire(moved, by('a'), NO_WAIT));
      await locks().renew(time, 'a new connection', LONG_MS);
      await locks().acquire(lock, by('c'), { leaseMs: LONG_MS, waitMs: LONG_MS });
      expect(await locks().releaseAll(lock.space, 'connection of a')).toEqual([
        {
          name: 'one',
          waiters: [{ connectionId: 'connection of c', attempt: 'attempt of c' }],
        },
      ]);
      expect(isGranted(await locks().acquire(lock, by('c'), NO_WAIT))).toBe(true);
      expect(isGranted(await locks().acquire(two, by('c'), NO_WAIT))).toBe(false);
      expect(isGranted(await locks().acquire(moved, by('c'), NO_WAIT))).toBe(false);
    });
  });
}

function tokenTests(locks: () => Locks, newLock: NewLock): void {
  describe('fencing tokens', () => {
    test('grow from holder to holder, whichever way the lock became free', async () => {
      const lock = await newLock();
      const first = timeOf(lock, 'a', await locks().acquire(lock, by('a'), { ...NO_WAIT, leaseMs: 20 }));
      await vi.waitUntil(async () => isGranted(await locks().acquire(lock, by('b'), NO_WAIT)), WAIT);
      const second = timeOf(lock, 'b', await locks().acquire(lock, by('b'), NO_WAIT));
      await locks().releaseAll(lock.space, 'connection of b');
      const third = timeOf(lock, 'a', await locks().acquire(lock, by('a'), NO_WAIT));
      await locks().release(third);
      const fourth = timeOf(lock, 'a', await locks().acquire(lock, by('a', 'again'), NO_WAIT));
      const tokens = [first, second, third, fourth].map(({ token }) => token);
      expect(tokens.toSorted((a, b) => a - b)).toEqual(tokens);
      expect(new Set(tokens).size).toBe(4);
    });

    test('grow under a storm of holders', async () => {
      const lock = await newLock();
      const other = { ...lock, name: 'other' };
      const granted: { lock: LockId; token: number }[] = [];
      const holdOften = async (who: string) => {
        for (let round = 0; round < 12; round++) {
          const wanted = round % 2 === 0 ? lock : other;
          const acquired = await locks().acquire(wanted, by(who, `${who} ${round}`), NO_WAIT);
          if (!acquired?.granted) continue;
          granted.push({ lock: wanted, token: acquired.token }); // before anybody else can have it
          await locks().release(timeOf(wanted, who, acquired));
        }
      };
      await Promise.all(Array.from({ length: 16 }, (_, i) => holdOften(`holder-${i}`)));
      expect(granted.length).toBeGreaterThan(2);
      for (const each of [lock, other]) {
        const tokens = granted.filter((grant) => grant.lock === each).map(({ token }) => token);
        expect(tokens).toEqual([...new Set(tokens)].toSorted((a, b) => a - b));
      }
    });
  });
}

function waiterTests(locks: () => Locks, newLock: NewLock): void {
  const waiting = { leaseMs: LONG_MS, waitMs: LONG_MS };
  const waiterOf = (who: string) => ({
    connectionId: `connection of ${who}`,
    attempt: `attempt of ${who}`,
  });

  describe('waiters', () => {
    test('are told by whom gives the lock back: each once, and not who did not wait', async () => {
      const lock = await newLock();
      const time = timeOf(lock, 'a', await locks().acquire(lock, by('a'), NO_WAIT));
      for (const who of ['$b.c', 'c', '$b.c']) await locks().acquire(lock, by(who), waiting);
      await locks().acquire(lock, by('d'), NO_WAIT);
      const freed = await locks().release(time);
      expect(freed?.waiters).toEqual([waiterOf('c'), waiterOf('$b.c')]);
    });

    test('stay when the lock passes on, until they have it or their time is over', async () => {
      const lock = await newLock();
      const first = timeOf(lock, 'a', await locks().acquire(lock, by('a'), NO_WAIT));
      await locks().acquire(lock, by('b'), waiting);
      await locks().acquire(lock, by('c'), waiting);
      await locks().acquire(lock, by('late'), { leaseMs: LONG_MS, waitMs: 1 });
      await locks().renew(first, 'connection of a', 1);
      await vi.waitUntil(async () => isGranted(await locks().acquire(lock, by('b'), NO_WAIT)), WAIT);
      const time = timeOf(lock, 'b', await locks().acquire(lock, by('b'), NO_WAIT));
      expect((await locks().release(time))?.waiters).toEqual([waiterOf('c')]);
    });

    test('of 32 at once none is forgotten', async () => {
      const lock = await newLock();
      const time = timeOf(lock, 'a', await locks().acquire(lock, by('a'), NO_WAIT));
      const names = Array.from({ length: 32 }, (_, i) => `waiter-${i}`);
      await Promise.all(names.map((who) => locks().acquire(lock, by(who), waiting)));
      const freed = await locks().release(time);
      expect(new Set(freed?.waiters.map(({ attempt }) => attempt))).toEqual(
        new Set(names.map((who) => `attempt of ${who}`)),
      );
    });
  });
}

function fenceTests(locks: () => Locks, log: () => EventLog, newLock: NewLock): void {
  const append = async (space: SpaceId, fence: Fence) => {
    const at = { space, partition: 0 };
    const loaded = await loadAll(log(), at, ['key']);
    return { ...appendOf(at, loaded, [{ values: [['key', fence.token]] }]), fences: [fence] };
  };

  describe('fences', () => {
    test('the newest token of each lock is loaded when it is asked for', async () => {
      const lock = await newLock();
      const { token } = timeOf(lock, 'a', await locks().acquire(lock, by('a'), NO_WAIT));
      const query = { space: lock.space, partition: 0, keys: [], mutations: [] };
      const loaded = await log().load({ ...query, locks: [lock.name, 'never/held'] });
      expect(loaded?.tokens).toEqual(new Map([[lock.name, token]]));
      expect((await log().load(query))?.tokens).toBeUndefined();
    });

    test('an append under the newest token is committed, also one after the other, also when it was given back', async () => {
      const lock = await newLock();
      const time = timeOf(lock, 'a', await locks().acquire(lock, by('a'), NO_WAIT));
      const fence = { lock: lock.name, token: time.token };
      for (let i = 0; i < 2; i++)
        expect(await log().append(await append(lock.space, fence))).toBe('committed');
      await locks().release(time);
      expect(await log().append(await append(lock.space, fence))).toBe('committed');
    });

    test('nothing is appended under an older token, or under one of a lock that nobody ever had', async () => {
      const lock = await newLock();
      const old = timeOf(lock, 'a', await locks().acquire(lock, by('a'), NO_WAIT));
      await locks().release(old);
      await locks().acquire(lock, by('b'), NO_WAIT);
      const fences = [
        { lock: lock.name, token: old.token },
        { lock: 'never/held', token: 1 },
      ];
      for (const fence of fences)
        expect(await log().append(await append(lock.space, fence))).toBe('conflict');
      expect((await log().head(lock.space))?.seq).toEqual([0]);
    });

    test('of holders that write while the lock passes on, none lands a write after the next has one', async () => {
      const lock = await newLock('contended');
      const { space } = lock;
      const rounds = 25;
      let previous: Promise<unknown> = Promise.resolve();
      for (let round = 0; round < rounds; round++) {
        const who = `holder-${round}`;
        const time = timeOf(lock, who, await locks().acquire(lock, by(who), NO_WAIT));
        const late = append(space, { lock: lock.name, token: time.token }).then((made) => log().append(made));
        // Its write is on its way while the lock is given back, and the next holder's begins.
        await locks().release(time);
        await previous;
        previous = late;
      }
      await previous;
      const commits = await log().commits({ space, partition: 0, afterSeq: 0, limit: 100 });
      const tokens = commits.map(({ commit }) => commit.events[0]?.value as number);
      expect(tokens).toEqual(tokens.toSorted((a, b) => a - b));
    });
  });
}
