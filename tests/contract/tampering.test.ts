import { randomUUID } from 'node:crypto';
import { connectMongo, createIndexes, type Mongo, mongoStorage } from '@mnemon/adapters/mongo';
import { type Commit, type PartitionId, seal, verify } from '@mnemon/core';
import { openSpace, write } from '@mnemon/testing/contracts/stored-history';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineUrl } from '../engines.ts';

/** Somebody with the database's password was at the log. */
describe.runIf(engineUrl('MongoDB'))('verify on MongoDB', () => {
  let mongo: Mongo;
  beforeAll(async () => {
    mongo = connectMongo({ url: engineUrl('MongoDB') as string, dbName: `mnemon_test_${randomUUID()}` });
    await createIndexes(mongo.db);
  });
  afterAll(async () => {
    await mongo.db.dropDatabase();
    await mongo.close();
  });
  const events = () => mongo.db.collection('memory_events');
  const check = (at: PartitionId) => verify(mongoStorage(mongo), at);

  /** A log of five commits, each with an entry of its own. */
  async function logOfFive(): Promise<PartitionId> {
    const log = mongoStorage(mongo).log;
    const at = await openSpace(log);
    for (let n = 1; n <= 5; n++) await write(log, at, [{ values: [[`k${n}`, n]] }]);
    expect(await check(at)).toMatchObject({ intact: true, end: { seq: 5 } });
    return at;
  }

  async function rewrite(
    { space }: PartitionId,
    seq: number,
    change: (text: string) => string,
    reseal: boolean,
  ) {
    const row = await events().findOne({ space, seq });
    const text = change(row?.text as string);
    expect(text).not.toBe(row?.text);
    const set = reseal ? { text, hash: seal(JSON.parse(text) as Commit).hash } : { text };
    await events().updateOne({ space, seq }, { $set: set });
  }
  const forgeValue = (text: string) => text.replace(/"value":\d/, '"value":"forged"');

  test.each([
    ['a commit that was rewritten', 3, false, { seq: 3, problem: 'rewritten' }],
    ['a commit that was rewritten with its hash', 3, true, { seq: 4, problem: 'unlinked' }],
    ['the newest commit, rewritten with its hash', 5, true, { seq: 5, problem: 'rewritten' }],
  ] as const)('finds %s', async (_, seq, reseal, flaw) => {
    const at = await logOfFive();
    await rewrite(at, seq, forgeValue, reseal);
    expect(await check(at)).toEqual({ intact: false, ...flaw });
  });

  test('finds a commit that was deleted, and a log that was cut off or emptied', async () => {
    const at = await logOfFive();
    const { space } = at;
    await events().deleteOne({ space, seq: 5 });
    expect(await check(at)).toEqual({ intact: false, seq: 5, problem: 'truncated' });
    await events().deleteOne({ space, seq: 2 });
    expect(await check(at)).toEqual({ intact: false, seq: 2, problem: 'missing' });
    await events().deleteMany({ space });
    expect(await check(at)).toEqual({ intact: false, seq: 1, problem: 'truncated' });
  });

  test('finds the log of another space in its place', async () => {
    const [at, other] = [await logOfFive(), await logOfFive()];
    await events().deleteMany({ space: at.space });
    for (const row of await events().find({ space: other.space }).toArray()) {
      const _id = String(row._id).replace(other.space, at.space) as never;
      await events().deleteOne({ _id: row._id });
      await events().insertOne({ ...row, _id, space: at.space });
    }
    expect(await check(at)).toEqual({ intact: false, seq: 1, problem: 'foreign' });
  });
});
