import { mongoStorage } from '@mnemon/adapters/mongo';
import { type Commit, type PartitionId, seal, verify } from '@mnemon/core';
import { openSpace, write } from '@mnemon/testing/contracts/stored-history';
import { describe, expect, test } from 'vitest';
import { engineUrl } from '../engines.ts';
import { useTestMongo } from '../test-mongo.ts';

/** Somebody with the database's password was at the log. */
describe.runIf(engineUrl('MongoDB'))('verify on MongoDB', () => {
  const mongo = useTestMongo();
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

  test.each([
    ['text that is none', 3, { text: '{}' }, 3],
    ['text that is no JSON', 3, { text: 'forged' }, 3],
    ['no text', 3, { text: 7 }, 3],
    ['no text, in the first one', 1, { text: 7 }, 1],
    ['no text, in the newest one', 5, { text: 7 }, 5],
    ['another number beside it', 4, { seq: 'four' }, 4],
    ['no hash', 2, { hash: null }, 2],
  ] as const)('finds a commit that was rewritten into none: %s', async (_, seq, set, found) => {
    const at = await logOfFive();
    await events().updateOne({ space: at.space, seq }, { $set: set });
    expect(await check(at)).toEqual({ intact: false, seq: found, problem: 'rewritten' });
  });

  test('of two flaws finds the first, whichever cannot be read', async () => {
    const at = await logOfFive();
    const { space } = at;
    await events().updateOne({ space, seq: 4 }, { $set: { text: 7 } });
    await events().deleteOne({ space, seq: 3 });
    expect(await check(at)).toEqual({ intact: false, seq: 3, problem: 'missing' });
    await rewrite(at, 2, forgeValue, false);
    expect(await check(at)).toEqual({ intact: false, seq: 2, problem: 'rewritten' });
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
