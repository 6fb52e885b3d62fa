import { randomUUID } from 'node:crypto';
import { memoryEventBus } from '@mnemon/adapters/memory';
import { upstashEventBus } from '@mnemon/adapters/redis';
import type { Commit, Notice } from '@mnemon/core';
import { eventBusContract } from '@mnemon/testing/contracts/event-bus-contract';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startUpstashRest, type UpstashRest } from '../../packages/local/src/upstash/upstash-rest.ts';
import { engineUrl } from '../engines.ts';

eventBusContract('memory', async () => {
  const bus = memoryEventBus();
  return {
    bus,
    async listen(listener) {
      bus.subscribe(listener);
    },
    async heed(listener) {
      bus.subscribeNotices(listener);
    },
    async stop() {},
  };
});

const redisUrl = engineUrl('Redis') ?? '';

// The real Upstash client, its REST API acted out in front of a real Redis, and a subscriber that is another client.
describe.skipIf(!redisUrl)('Redis', () => {
  const token = randomUUID();
  const prefix = `test-${randomUUID()}`;
  let rest: UpstashRest;
  const listeners = new Set<(commit: Commit) => void>();
  const heeding = new Set<(notice: Notice) => void>();

  beforeAll(async () => {
    rest = await startUpstashRest({ redisUrl, token });
  });
  afterAll(() => rest.close());

  /** Resolves when the subscription stands. */
  async function subscribe(): Promise<Redis> {
    const redis = new Redis(redisUrl);
    redis.on('pmessage', (_pattern: string, channel: string, message: string) => {
      const told = JSON.parse(message);
      if (channel.includes(':notice:')) for (const listener of [...heeding]) listener(told);
      else for (const listener of [...listeners]) listener(told);
    });
    await redis.psubscribe(`${prefix}:*`);
    return redis;
  }

  eventBusContract('Upstash', async () => {
    const subscriber = await subscribe();
    return {
      bus: upstashEventBus({ url: rest.url, token, prefix }),
      async listen(listener) {
        listeners.add(listener);
      },
      async heed(listener) {
        heeding.add(listener);
      },
      async stop() {
        listeners.clear();
        heeding.clear();
        await subscriber.quit();
      },
    };
  });

  test('a wrong token takes the bus down, the right one works', async () => {
    const log = { warn: () => {} };
    const wrong = upstashEventBus({ url: rest.url, token: 'wrong', prefix, log });
    await wrong.publish([{ space: 'team', events: [] } as unknown as Commit]);
    expect(await wrong.isDown()).toBe(true);
  });

  test('who listens to one channel hears of one kind of event in one space', async () => {
    const subscriber = new Redis(redisUrl);
    const heard: string[] = [];
    subscriber.on('message', (channel: string) => heard.push(channel));
    await subscriber.subscribe(`${prefix}:team:a:event:deleted`, `${prefix}:team:a:event:mixed`);
    const bus = upstashEventBus({ url: rest.url, token, prefix });
    const commit = (space: string, ...types: string[]) =>
      ({ space, events: types.map((type) => ({ type })) }) as unknown as Commit;
    await bus.publish([
      commit('team:a', 'created'),
      commit('team:b', 'deleted'),
      commit('team:a', 'deleted', 'deleted'),
      commit('team:a', 'deleted', 'created'),
    ]);
    await expect
      .poll(() => heard)
      .toEqual([`${prefix}:team:a:event:deleted`, `${prefix}:team:a:event:mixed`]);
    await subscriber.quit();
  });
});
