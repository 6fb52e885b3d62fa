import type { Node, Nodes } from '@mnemon/core';
import type { InstanceId, SpaceId } from '@mnemon/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { type MakeStorage, newSpace } from './stored-history.ts';

/** What every store of nodes must keep. Each test has spaces of its own and leaves rows behind. */
export function nodesContract(name: string, makeStorage: MakeStorage): void {
  describe(`nodes: ${name}`, () => {
    let nodes: Nodes;
    beforeAll(async () => {
      nodes = (await makeStorage()).nodes;
    });

    test('a node comes back as it was put, from a space that nobody has written to', async () => {
      const made = node({ userId: '$user.1 "ü" 😀' });
      await nodes.put(made);
      expect(await nodes.list(made.space)).toEqual([made]);
    });

    test('a space without nodes lists none', async () => {
      expect(await nodes.list(newSpace())).toEqual([]);
    });

    test('the latest put of an instance wins', async () => {
      const online = node();
      const offline: Node = { ...online, status: 'offline', lastSeenAtMs: online.lastSeenAtMs + 1 };
      await nodes.put(online);
      await nodes.put(offline);
      expect(await nodes.list(online.space)).toEqual([offline]);
    });

    test('spaces do not see each other, also when one name begins with the other', async () => {
      const short = node();
      const long = node({ space: `${short.space}:b` as SpaceId, instanceId: short.instanceId });
      await Promise.all([nodes.put(short), nodes.put(long)]);
      expect(await nodes.list(short.space)).toEqual([short]);
      expect(await nodes.list(long.space)).toEqual([long]);
    });

    test('32 concurrent puts of 4 instances leave 4 whole nodes', async () => {
      const space = newSpace();
      const puts = Array.from({ length: 32 }, (_, i) =>
        node({ space, instanceId: `instance-${i % 4}` as InstanceId, userId: `${i}`, lastSeenAtMs: i }),
      );
      await Promise.all(puts.map((put) => nodes.put(put)));
      const listed = await nodes.list(space);
      expect(listed.map(({ instanceId }) => instanceId).sort()).toEqual(
        [0, 1, 2, 3].map((i) => `instance-${i}`),
      );
      for (const one of listed) expect(puts).toContainEqual(one);
    });

    test('what a caller does to a node afterwards changes nothing', async () => {
      const made = node();
      await nodes.put(made);
      const before = structuredClone(made);
      made.status = 'offline';
      const [listed] = await nodes.list(made.space);
      if (listed) listed.userId = 'another';
      expect(await nodes.list(made.space)).toEqual([before]);
    });
  });
}

const node = (fields: Partial<Node> = {}): Node => ({
  space: newSpace(),
  instanceId: 'agent-7' as InstanceId,
  userId: 'user-1',
  status: 'online',
  lastSeenAtMs: 1_750_000_000_000,
  ...fields,
});
