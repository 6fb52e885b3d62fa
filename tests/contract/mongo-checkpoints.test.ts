import { mongoStorage } from '@mnemon/adapters/mongo';
import type { Checkpoint } from '@mnemon/core';
import type { InstanceId } from '@mnemon/protocol';
import { newSpace } from '@mnemon/testing/contracts/stored-history';
import { describe, expect, test } from 'vitest';
import { engineUrl } from '../engines.ts';
import { useTestMongo } from '../test-mongo.ts';

describe.runIf(engineUrl('MongoDB'))('a checkpoint that cannot be read', () => {
  const mongo = useTestMongo();

  test('is left out and told once, and there again once it is put', async () => {
    const { db } = mongo;
    const told: string[] = [];
    const { checkpoints } = mongoStorage({ db, onUnreadable: ({ rowId }) => told.push(rowId) });
    const space = newSpace();
    const of = (instanceId: string): Checkpoint => ({
      space,
      instanceId: instanceId as InstanceId,
      cursor: { epoch: 'e', seq: [7] },
      events: 3,
      clock: { wallMs: 1, counter: 0 },
      atMs: 5,
    });
    for (const name of ['a', 'b']) await checkpoints.put(of(name));
    const rows = db.collection<{ _id: string }>('memory_event_checkpoints');
    await rows.updateOne({ _id: `${space}/a` }, { $unset: { cursor: '' } });

    expect(await checkpoints.list(space)).toEqual([of('b')]);
    expect(await checkpoints.list(space)).toEqual([of('b')]);
    expect(told).toEqual([`${space}/a`]);
    await checkpoints.put(of('a'));
    expect(new Set(await checkpoints.list(space))).toEqual(new Set([of('a'), of('b')]));
  });
});
