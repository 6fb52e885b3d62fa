import { mongoStorage } from '@mnemon/adapters/mongo';
import { seal } from '@mnemon/core';
import { appendOf, loadAll, openSpace, write } from '@mnemon/testing/contracts/stored-history';
import type { Collection, Db } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { engineUrl } from '../engines.ts';
import { useTestMongo } from '../test-mongo.ts';

describe.runIf(engineUrl('MongoDB'))('a load while the epoch is renewed, on the engine', () => {
  const mongo = useTestMongo();

  test('says the epoch that the head is of, though its reads are of two moments', async () => {
    const { log } = mongoStorage(mongo);
    const at = await openSpace(log);
    await write(log, at, [{ values: [['a', 1]] }]);
    const renew = async () => {
      const [made] = appendOf(at, await loadAll(log, at), [{ values: [] }]).commits;
      if (!made) throw new Error('no commit');
      const commits = [seal({ ...made.commit, epoch: 'renewed' })];
      const renewed = { ...at, commits, entries: [], settled: [], newEpoch: 'renewed' };
      expect(await log.append(renewed)).toBe('committed');
    };
    const { log: slow } = mongoStorage({ db: renewedBetween(mongo.db, renew) });
    const loaded = await loadAll(slow, at);
    expect(loaded).toMatchObject({ epoch: 'renewed', head: { seq: 2 } });
  });
});

/** The database, but the first look at the head waits until the space was read and `renew` has happened after that. */
function renewedBetween(db: Db, renew: () => Promise<void>): Db {
  let spaceWasRead = (): void => {};
  const reading = new Promise<void>((resolve) => {
    spaceWasRead = resolve;
  });
  const renewed = reading.then(renew);
  const overriding = (collection: Collection, findOne: (...args: never[]) => Promise<unknown>) =>
    new Proxy(collection, {
      get: (target, name) => {
        const member: unknown = name === 'findOne' ? findOne : Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  return new Proxy(db, {
    get: (target, name) => {
      if (name !== 'collection') return Reflect.get(target, name);
      return (collectionName: string) => {
        const collection = target.collection(collectionName);
        const original = collection.findOne.bind(collection) as (...args: never[]) => Promise<unknown>;
        if (collectionName === 'spaces') {
          return overriding(collection, async (...args) => {
            const row = await original(...args);
            spaceWasRead();
            return row;
          });
        }
        if (collectionName !== 'memory_events') return collection;
        return overriding(collection, async (...args) => {
          await renewed;
          return original(...args);
        });
      };
    },
  });
}
