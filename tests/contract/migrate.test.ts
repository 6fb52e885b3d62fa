import { migrate } from '@mnemon/adapters/mongo';
import { describe, expect, test } from 'vitest';
import { engineUrl } from '../engines.ts';
import { useTestMongo } from '../test-mongo.ts';

describe.runIf(engineUrl('MongoDB'))('a migration, on the engine', () => {
  const mongo = useTestMongo({ migrated: false });

  const indexes = async () =>
    (await mongo.db.collection('memory_events').indexes()).map(({ name }) => name).sort();

  test('makes an empty database what the code expects; twice is once, also at once', async () => {
    const both = await Promise.all([migrate(mongo.db), migrate(mongo.db)]);
    expect(both[0]?.to).toBeGreaterThan(0);
    const made = await indexes();
    expect(made.length).toBeGreaterThan(1);
    const to = both[0]?.to;
    expect(await migrate(mongo.db)).toEqual({ from: to, to });
    expect(await indexes()).toEqual(made);
  });

  test('leaves data of a newer code alone', async () => {
    const { to } = await migrate(mongo.db);
    const version = { _id: 'data' as never };
    await mongo.db.collection('meta').updateOne(version, { $set: { version: to + 1 } });
    await expect(migrate(mongo.db)).rejects.toThrow(`version ${to + 1}`);
    expect(await mongo.db.collection('meta').findOne(version)).toMatchObject({ version: to + 1 });
    await mongo.db.collection('meta').updateOne(version, { $set: { version: to } });
  });
});
