import { mongoStorage } from '@mnemon/adapters/mongo';
import type { LockId } from '@mnemon/core';
import type { InstanceId } from '@mnemon/protocol';
import { appendOf, loadAll, openSpace } from '@mnemon/testing/contracts/stored-history';
import { describe, expect, test, vi } from 'vitest';
import { appendInTransaction } from '../../packages/adapters/src/mongo/append-transaction.ts';
import { collectionsOf } from '../../packages/adapters/src/mongo/collections.ts';
import { engineUrl } from '../engines.ts';
import { useTestMongo } from '../test-mongo.ts';

describe.runIf(engineUrl('MongoDB'))('a fenced append, on the engine', () => {
  const mongo = useTestMongo();

  async function openLock() {
    const { log, locks } = mongoStorage(mongo);
    const at = await openSpace(log);
    const lock: LockId = { space: at.space, name: 'lock' };
    const hold = async (who: string) => {
      const by = { instanceId: who as InstanceId, connectionId: who, attempt: who };
      const acquired = await locks.acquire(lock, by, { leaseMs: 60_000, waitMs: 0 });
      if (!acquired?.granted) throw new Error(`${who} does not have it`);
      return { ...lock, instanceId: by.instanceId, token: acquired.token };
    };
    return { log, locks, at, lock, hold };
  }

  test('is not committed when the lock passes on after its transaction has begun (I7)', async () => {
    const { log, locks, at, lock, hold } = await openLock();
    const first = await hold('first');
    // Its view of the database is that from before the next holder: to look at the lock again would show its own token.
    const collections = collectionsOf(mongo.db);
    const insertMany: typeof collections.events.insertMany = async (...args) => {
      const inserted = await collectionsOf(mongo.db).events.insertMany(...args);
      await locks.release(first);
      await hold('next');
      return inserted;
    };
    const events = new Proxy(collections.events, {
      get: (target, name) => (name === 'insertMany' ? insertMany : Reflect.get(target, name)),
    });
    const loaded = await loadAll(log, at, ['key']);
    const append = {
      ...appendOf(at, loaded, [{ values: [['key', 'late']] }]),
      fences: [{ lock: lock.name, token: first.token }],
    };
    const late = await appendInTransaction(mongo.db.client, { ...collections, events }, append);
    expect(late).toBe('conflict');
    expect(await log.head(at.space)).toMatchObject({ seq: [0] });
  });

  test('is not committed under a token from before a restore that brought the lock back as it was, or not at all (I7)', async () => {
    const { log, locks, at, lock, hold } = await openLock();
    const rows = collectionsOf(mongo.db).locks;
    const first = await hold('first');
    await locks.release(first);
    const backup = await rows.find({ space: at.space }).toArray();
    const lost = await hold('lost');
    await rows.deleteMany({ space: at.space });
    await rows.insertMany(backup);
    await vi.waitUntil(() => Date.now() > lost.token);
    const next = await hold('next');
    expect(next.token).toBeGreaterThan(lost.token);
    await rows.deleteMany({ space: at.space });
    await vi.waitUntil(() => Date.now() > next.token);
    expect((await hold('last')).token).toBeGreaterThan(next.token);

    const loaded = await loadAll(log, at, ['key']);
    const append = {
      ...appendOf(at, loaded, [{ values: [['key', 'late']] }]),
      fences: [{ lock: lock.name, token: lost.token }],
    };
    expect(await log.append(append)).toBe('conflict');
  });
});
