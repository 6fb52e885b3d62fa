import { mongoStorage } from '@mnemon/adapters/mongo';
import type { Node } from '@mnemon/core';
import type { InstanceId } from '@mnemon/protocol';
import { newSpace } from '@mnemon/testing/contracts/stored-history';
import { describe, expect, test } from 'vitest';
import { engineUrl } from '../engines.ts';
import { useTestMongo } from '../test-mongo.ts';

describe.runIf(engineUrl('MongoDB'))('an instance whose row cannot be read', () => {
  const mongo = useTestMongo();
  const page = { untilMs: 100, limit: 2 };

  /** Six that are silent, of which `a`, `b` and `d` are damaged. */
  async function damaged() {
    const { db } = mongo;
    const told: string[] = [];
    const { nodes } = mongoStorage({
      db,
      onUnreadable: ({ collection, rowId }) => told.push(`${collection}: ${rowId}`),
    });
    const space = newSpace();
    const made = ['a', 'b', 'c', 'd', 'e', 'f'].map(
      (name, i): Node => ({
        space,
        instanceId: name as InstanceId,
        connectionId: `of-${name}`,
        connectedAtMs: i,
        userId: 'user-1',
        grants: [],
        status: 'online',
        lastSeenAtMs: i,
      }),
    );
    for (const node of made) await nodes.put(node);
    const rows = db.collection<{ _id: string }>('memory_nodes');
    await rows.updateOne({ _id: `${space}/a` }, { $unset: { grants: '' } });
    await rows.updateOne({ _id: `${space}/b` }, { $set: { presence: '{' } });
    await rows.updateOne({ _id: `${space}/d` }, { $unset: { connectedAtMs: '' } });
    const [a, , c, d, e, f] = made;
    if (!(a && c && d && e && f)) throw new Error('six were made');
    const unreadable = ['a', 'b', 'd'].map((name) => `memory_nodes: ${space}/${name}`);
    return { nodes, space, told, unreadable, a, c, d, e, f };
  }

  test('holds up no sweep: full pages of the others, and it is told once', async () => {
    const { nodes, told, unreadable, c, e, f } = await damaged();
    expect(await nodes.silent(page)).toEqual([c, e]);
    expect(await nodes.silent({ ...page, after: e })).toEqual([f]);
    expect(await nodes.silent(page)).toEqual([c, e]);
    expect(told.sort()).toEqual(unreadable);
    for (const node of [c, e, f]) await nodes.leave(node, 200);
    expect(await nodes.silent(page)).toEqual([]);
  });

  test('is missing in the list, and there again once it is noted', async () => {
    const { nodes, space, told, unreadable, a, c, d, e, f } = await damaged();
    expect(await nodes.list(space, { after: undefined, limit: 2 })).toEqual([c, e]);
    expect(await nodes.list(space)).toEqual([c, e, f]);
    expect([await nodes.get(a), await nodes.leave(a, 200)]).toEqual([undefined, undefined]);
    expect(told.sort()).toEqual(unreadable);
    for (const node of [a, d]) await nodes.put(node);
    expect(await nodes.list(space)).toEqual([a, c, d, e, f]);
  });

  test('is no obstacle to what follows from its end', async () => {
    const { nodes, a, d } = await damaged();
    expect(await nodes.get(a)).toBeUndefined();
    expect(await nodes.leave(d, 200)).toBeUndefined();
  });
});
