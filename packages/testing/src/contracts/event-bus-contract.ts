import { randomUUID } from 'node:crypto';
import type { Commit, EventBus, Notice } from '@mnemon/core';
import type { ClientId, EventType, InstanceId, JsonValue, MemoryEvent, SpaceId } from '@mnemon/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** A bus with somebody at its other end. */
export interface EventBusStage {
  bus: EventBus;
  /** Hears of every commit that is published once this has resolved. */
  listen(listener: (commit: Commit) => void): Promise<void>;
  /** Likewise of what is no commit. */
  heed(listener: (notice: Notice) => void): Promise<void>;
  stop(): Promise<void>;
}

/** What every event bus must keep while it is up. */
export function eventBusContract(name: string, makeStage: () => Promise<EventBusStage>): void {
  describe(`event bus: ${name}`, () => {
    let stage: EventBusStage;
    beforeAll(async () => {
      stage = await makeStage();
    });
    afterAll(() => stage.stop());

    /** The commits of one space, as they arrive. */
    async function listenTo(...spaces: SpaceId[]): Promise<Commit[]> {
      const heard: Commit[] = [];
      await stage.listen((commit) => {
        if (spaces.includes(commit.space)) heard.push(commit);
      });
      return heard;
    }

    test('a commit arrives as it was published', async () => {
      const space = newSpace();
      const heard = await listenTo(space);
      const made = commit(space, 1, ['created'], {
        'ü "\\\n': [null, 0.1, 1e21, '\u2028', { $set: { a: 1 } }],
      });
      await stage.bus.publish([made]);
      await expect.poll(() => heard).toEqual([made]);
    });

    test('the greatest batch arrives', async () => {
      const space = newSpace();
      const heard = await listenTo(space);
      const made = commit(space, 1, Array<EventType>(100).fill('updated'), 'x'.repeat(1_000));
      await stage.bus.publish([made]);
      await expect.poll(() => heard).toEqual([made]);
    });

    test('commits arrive in their order, within a publish and from one to the next', async () => {
      const space = newSpace();
      const heard = await listenTo(space);
      const types: EventType[][] = [['created'], ['updated', 'deleted'], ['created'], ['merged']];
      const commits = Array.from({ length: 40 }, (_, n) => commit(space, n + 1, types[n % 4] ?? []));
      await stage.bus.publish(commits.slice(0, 20));
      await stage.bus.publish(commits.slice(20, 21));
      await stage.bus.publish(commits.slice(21));
      await expect.poll(() => heard.map(({ seq }) => seq)).toEqual(commits.map(({ seq }) => seq));
    });

    test('all listeners hear; nothing published is nothing heard', async () => {
      const space = newSpace();
      const heard = [await listenTo(space), await listenTo(space)];
      await stage.bus.publish([]);
      await stage.bus.publish([commit(space, 7, ['deleted'])]);
      await expect.poll(() => heard.map((commits) => commits.map(({ seq }) => seq))).toEqual([[7], [7]]);
    });

    test('a commit names its space: a listener tells spaces apart whose names begin alike', async () => {
      const one = newSpace();
      const longer = `${one}:event:x` as SpaceId;
      const heard = await listenTo(one, longer);
      await stage.bus.publish([commit(one, 1, ['created']), commit(longer, 2, ['created'])]);
      await expect
        .poll(() => heard.map(({ space, seq }) => [space, seq]))
        .toEqual([
          [one, 1],
          [longer, 2],
        ]);
    });

    test('a notice arrives as it was told, and is no commit', async () => {
      const space = newSpace();
      const heard = await listenTo(space);
      const notices: Notice[] = [];
      await stage.heed((notice) => {
        if (notice.type === 'health' || notice.space === space) notices.push(notice);
      });
      const backends = { mongodb: { status: 'degraded', latencyMs: 0.5 } } as const;
      const health: Notice = { type: 'health', atMs: 7, backends };
      const instanceId = 'worker-1' as InstanceId;
      const gone: Notice = { type: 'instance-gone', space, instanceId, userId: 'ü "1"', lastSeenAtMs: 5 };
      await stage.bus.tell(gone);
      await stage.bus.tell(health);
      await stage.bus.publish([commit(space, 1, ['created'])]);
      await expect.poll(() => notices).toEqual([gone, health]);
      await expect.poll(() => heard.map(({ seq }) => seq)).toEqual([1]);
    });

    test('a bus that has published is not down', async () => {
      await stage.bus.publish([commit(newSpace(), 1, ['created'])]);
      expect(await stage.bus.isDown()).toBe(false);
    });
  });
}

const newSpace = (): SpaceId => `team:${randomUUID()}` as SpaceId;

function commit(space: SpaceId, seq: number, types: readonly EventType[], value: JsonValue = seq): Commit {
  const author = 'worker-1' as InstanceId;
  const events = types.map(
    (type, n): MemoryEvent => ({
      type,
      key: `tasks/${n}`,
      version: seq,
      ...(type === 'deleted' ? {} : { value }),
      clock: { [author]: seq },
      hlc: { wallMs: 1_750_000_000_000, counter: n },
      author,
    }),
  );
  return {
    space,
    partition: 0,
    seq,
    epoch: 'epoch-1',
    author,
    committedAtMs: 1_750_000_000_000,
    events,
    mutation: {
      client: 'outbox-1' as ClientId,
      n: seq,
      outcomes: events.map(({ version }) => ({ status: 'applied', version })),
    },
    prevHash: '0'.repeat(64),
  };
}
