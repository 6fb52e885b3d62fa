import { mongoStorage } from '@mnemon/adapters/mongo';
import { newSpace, openSpace, waitingBatch } from '@mnemon/testing/contracts/stored-history';
import { describe, expect, test } from 'vitest';
import { engineUrl } from '../engines.ts';
import { useTestMongo } from '../test-mongo.ts';

describe.runIf(engineUrl('MongoDB'))('a waiting batch that cannot be read', () => {
  const mongo = useTestMongo();

  test('is set aside and told once, holds up none of the others, and is mended when it is sent again', async () => {
    const { db } = mongo;
    const told: string[] = [];
    const { log, inbox } = mongoStorage({ db, onUnreadable: ({ rowId }) => told.push(rowId) });
    const at = await openSpace(log, newSpace());
    const [garbage, foreign, good] = [1, 2, 3].map(() => waitingBatch(at.space));
    if (!garbage || !foreign || !good) throw new Error('three were made');
    for (const waiting of [garbage, foreign, good]) await inbox.put(at, waiting);
    const rows = db.collection('memory_inbox');
    const { client } = garbage.batch;
    await rows.updateOne({ space: at.space, client }, { $set: { text: '{' } });
    await rows.updateOne(
      { space: at.space, client: foreign.batch.client },
      { $set: { text: '{"batch":1}' } },
    );

    expect(await inbox.list(at, 1)).toEqual([good]);
    expect(await inbox.list(at, 10)).toEqual([good]);
    expect(told).toHaveLength(2);
    expect(told.join()).toContain(client);

    await inbox.remove(at, [good.batch]);
    expect(await inbox.list(at, 10)).toEqual([]);
    expect(await inbox.stranded(-1000, 1000)).not.toContainEqual(at);

    expect(await inbox.put(at, garbage)).toEqual({ waitedMs: 0 });
    expect(await inbox.list(at, 10)).toEqual([garbage]);
    expect(told).toHaveLength(2);
  });
});
