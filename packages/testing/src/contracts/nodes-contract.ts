import type { Node, Nodes, ReachedNode } from '@mnemon/core';
import { type InstanceId, type JsonValue, LIMITS, type SpaceId } from '@mnemon/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { ODD_VALUES } from './odd-values.ts';
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

    test('what an instance says about itself comes back, whatever it is', async () => {
      const small = ODD_VALUES.filter((value) => JSON.stringify(value).length < LIMITS.presenceBytes / 2);
      expect(small.length).toBeGreaterThan(10);
      for (const announced of small) {
        const value = announced as JsonValue;
        const made = node({
          presence: { announced: value, will: { key: '$a.b', value, ifExists: true, ttlMs: 1 } },
        });
        await nodes.put(made);
        expect(await nodes.get(made)).toEqual({
          ...made,
          presence: JSON.parse(JSON.stringify(made.presence)),
        });
      }
      expect(await nodes.get({ space: newSpace(), instanceId: 'agent-7' as InstanceId })).toBeUndefined();
    });

    test('a connection that connected later stays, in whatever order they are noted', async () => {
      const later = node({ connectionId: 'later', connectedAtMs: 2 });
      const earlier = { ...later, connectionId: 'earlier', connectedAtMs: 1 };
      await nodes.put(earlier);
      await nodes.put(later);
      await nodes.put(earlier);
      expect(await nodes.list(later.space)).toEqual([later]);
      const { space } = later;
      const puts = Array.from({ length: 16 }, (_, i) => node({ space, connectedAtMs: i % 8 }));
      await Promise.all(puts.map((put) => nodes.put(put)));
      expect((await nodes.get(later))?.connectedAtMs).toBe(7);
    });

    test('who leaves is offline, once, and through the connection that it was there through', async () => {
      const made = node({ presence: { announced: 'busy' } });
      await nodes.put(made);
      expect(await nodes.leave({ ...made, connectionId: 'another' }, 1)).toBeUndefined();
      expect(await nodes.leave({ ...made, space: newSpace() }, 1)).toBeUndefined();
      const atMs = made.lastSeenAtMs + 5;
      const left = await Promise.all(Array.from({ length: 8 }, () => nodes.leave(made, atMs)));
      expect(left.filter((each) => each !== undefined)).toEqual([made]);
      expect(await nodes.list(made.space)).toEqual([{ ...made, status: 'offline', lastSeenAtMs: atMs }]);
      await nodes.put(made);
      expect((await nodes.get(made))?.status).toBe('online');
    });

    test('a list goes on where it ended', async () => {
      const space = newSpace();
      const ids = ['b', 'a', 'Z', 'a.1', 'a-1'];
      for (const id of ids) await nodes.put(node({ space, instanceId: id as InstanceId }));
      const walked: string[] = [];
      for (let after: string | undefined; ; after = walked.at(-1)) {
        const page = await nodes.list(space, { after, limit: 2 });
        walked.push(...page.map(({ instanceId }) => instanceId));
        if (page.length < 2) break;
      }
      expect(walked).toEqual(ids.toSorted());
      expect((await nodes.list(space)).map(({ instanceId }) => instanceId)).toEqual(ids.toSorted());
    });

    test('silent ones are online and were not heard of since then, of all spaces, each on one page', async () => {
      const thenMs = Math.floor(Math.random() * 1e9) * 1000; // beside other tests' rows, which are of other years
      const [space, other] = [newSpace(), newSpace()];
      const put = async (name: string, agoMs: number, fields: Partial<Node> = {}) => {
        const made = node({ space, instanceId: name as InstanceId, lastSeenAtMs: thenMs - agoMs, ...fields });
        await nodes.put(made);
        return made;
      };
      const long = await put('long', 9);
      const alike = [await put('b', 5), await put('a', 5), await put('b', 5, { space: other })];
      const just = await put('just', 0);
      await put('later', -1);
      await put('left', 5, { status: 'offline' });
      for (const limit of [1, 2, 100]) {
        const walked: Node[] = [];
        let after: ReachedNode = { space, instanceId: '' as InstanceId, lastSeenAtMs: thenMs - 10 };
        for (;;) {
          const page = await nodes.silent({ untilMs: thenMs, after, limit });
          walked.push(...page);
          if (page.length < limit) break;
          after = page.at(-1) as Node;
        }
        expect([walked[0], walked.at(-1), walked.length], `${limit} at once`).toEqual([long, just, 5]);
        expect(walked.slice(1, -1)).toEqual(expect.arrayContaining(alike));
      }
      const first = await nodes.silent({ untilMs: thenMs, limit: 1 });
      expect(first[0]?.lastSeenAtMs).toBeLessThanOrEqual(long.lastSeenAtMs);
      await nodes.leave(long, thenMs);
      const after = { ...long, lastSeenAtMs: thenMs - 10 };
      expect(await nodes.silent({ untilMs: thenMs, after, limit: 1 })).not.toContainEqual(long);
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
  connectionId: 'connection-1',
  connectedAtMs: 1_750_000_000_000,
  userId: 'user-1',
  grants: [{ pattern: '$a.b/*', access: 'write' }],
  status: 'online',
  lastSeenAtMs: 1_750_000_000_000,
  ...fields,
});
