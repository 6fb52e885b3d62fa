import type { Accept, ServerSocket } from '@mnemon/testing/faulty-network';
import { describe, expect, test } from 'vitest';
import { createMiniWorld } from '../mini-world.fixture.ts';
import { createCachedReads } from './cached-reads.ts';

/** Two instances, the second of which reads through a cache. `hold` keeps frames of these types from clients, for a while. */
async function createWorld(maxEntries?: number) {
  let isHeld = (_type: string) => false;
  let held: (() => void)[] = [];
  const holding = (accept: Accept) => (socket: ServerSocket) => {
    const send = (text: string) => {
      if (isHeld(JSON.parse(text).type)) held.push(() => socket.send(text));
      else socket.send(text);
    };
    return accept({ ...socket, send });
  };
  const world = createMiniWorld({ pageSize: 2 }, holding);
  const { server, sockets } = world;
  const [ann, bob] = [await world.open('ann'), await world.open('bob')];
  return {
    ...world,
    ann,
    bob,
    cache: createCachedReads(bob, maxEntries === undefined ? {} : { maxEntries }),
    hold: (...types: string[]) => {
      isHeld = (type) => types.includes(type);
    },
    cut: (instanceId: string) =>
      sockets.findLast(({ url }) => url.searchParams.get('instance') === instanceId)?.close(),
    /** What was held arrives, the last first. */
    release() {
      isHeld = () => false;
      for (const send of held.reverse()) send();
      held = [];
    },
    asked: () => server.heard.filter(({ type }) => type === 'read').length,
  };
}

describe('a key that is not followed', () => {
  test('is asked for each time, and never followed; with `cached`, once', async () => {
    const { ann, bob, cache, settled, asked } = await createWorld();
    await settled(ann.write('k', 1));
    expect(await settled(cache.read('k', { mode: 'cached' }))).toBe(1);
    await settled(ann.write('k', 2));
    expect(await cache.read('k', { mode: 'cached' })).toBe(1);
    expect(asked()).toBe(1);
    expect(await settled(cache.read('k'))).toBe(2);
    expect(await cache.read('k', { mode: 'cached' })).toBe(2);
    expect(asked()).toBe(2);
    expect(bob.status.cursor).toBeUndefined();
    expect(cache.stats).toEqual({ size: 1, maxSize: 1000, hits: 2, misses: 2, invalidated: 0 });
  });

  test('that does not exist is known not to', async () => {
    const { ann, cache, settled, asked } = await createWorld();
    expect(await settled(cache.read('new', { mode: 'cached' }))).toBeUndefined();
    await settled(ann.write('gone', 1));
    await settled(ann.delete('gone'));
    expect(await settled(cache.read('gone', { mode: 'cached' }))).toBeUndefined();
    expect(await cache.read('new', { mode: 'cached' })).toBeUndefined();
    expect(await cache.read('gone', { mode: 'cached' })).toBeUndefined();
    expect(asked()).toBe(2);
  });

  test('is asked for once by all that want it at the same time', async () => {
    const { ann, cache, settled, asked } = await createWorld();
    await settled(ann.write('k', 1));
    expect(await settled(Promise.all([cache.read('k'), cache.read('k'), cache.read('k')]))).toEqual([
      1, 1, 1,
    ]);
    expect(asked()).toBe(1);
  });

  test('takes the place of the one that was not used for longest', async () => {
    const { cache, settled } = await createWorld(10);
    for (let n = 0; n < 50; n++) await settled(cache.read(`k/${n}`));
    expect(cache.stats).toMatchObject({ size: 10, maxSize: 10, misses: 50 });
  });

  test('is not forgotten over an answer that was overtaken by a newer one', async () => {
    const { ann, cache, settled, hold, release, clock } = await createWorld();
    await settled(ann.write('k', 1));
    hold('read');
    const first = cache.read('k', { mode: 'server' });
    await clock.advance(5);
    await settled(ann.write('k', 2));
    const second = cache.read('k', { mode: 'server' });
    await clock.advance(5);
    release();
    expect(await settled(Promise.all([first, second]))).toEqual([1, 2]);
    expect(await cache.read('k', { mode: 'cached' })).toBe(2);
  });
});

describe('own writes', () => {
  test('are read at once, acked or not, followed or not', async () => {
    const { bob, cache, settled, asked } = await createWorld();
    const written = bob.write('k', 1);
    expect(await cache.read('k')).toBe(1);
    await settled(written);
    expect(await settled(cache.read('k', { mode: 'cached' }))).toBe(1);
    expect(asked()).toBe(1);
    await settled(bob.subscribe('k', () => {}).ready);
    expect(await cache.read('k')).toBe(1);
    void bob.write('k', 2);
    expect(await cache.read('k')).toBe(2);
    void bob.write('k', 3); // in the place of the one that has not left yet
    expect(await cache.read('k')).toBe(3);
    void bob.delete('k');
    expect(await cache.read('k')).toBeUndefined();
  });

  test('make what was read before them old, and what was asked before them', async () => {
    const { bob, cache, settled, hold, release, clock } = await createWorld();
    await settled(bob.write('k', 1));
    expect(await settled(cache.read('k'))).toBe(1);
    hold('read');
    const reading = cache.read('k', { mode: 'server' });
    await clock.advance(5);
    await settled(bob.write('k', 2));
    release();
    expect(await settled(reading)).toBe(1);
    expect(await settled(cache.read('k', { mode: 'cached' }))).toBe(2);
  });

  test('that depend on what is there are read on top of it, counted once', async () => {
    const { ann, bob, cache, settled, clock } = await createWorld();
    await settled(ann.write('n', 5));
    expect(await settled(cache.read('n'))).toBe(5);
    void bob.write('n', 6);
    expect(await settled(cache.read('n'))).toBe(6);
    await clock.advance(2_000);
    expect(bob.status.cursor).toBeUndefined();
  });
});

describe('a key under a subscription', () => {
  test('is answered from memory, by what was heard of it', async () => {
    const { ann, bob, cache, settled, asked, clock } = await createWorld();
    await settled(ann.write('k/1', 1));
    const read: unknown[] = [];
    const subscription = bob.subscribe('k/*', async ({ key }) => {
      read.push(await cache.read(key));
    });
    await settled(subscription.ready);
    expect([await cache.read('k/1'), await cache.read('k/2'), await cache.read('k/1')]).toEqual([
      1,
      undefined,
      1,
    ]);
    await settled(ann.write('k/1', 2));
    await settled(ann.write('k/2', 3));
    await clock.advance(5);
    expect(read).toEqual([2, 3]);
    expect(asked()).toBe(0);
    expect(cache.stats).toMatchObject({ hits: 3, misses: 2 });
  });

  test('is asked for again once the subscription has ended', async () => {
    const { ann, bob, cache, settled, clock } = await createWorld();
    await settled(ann.write('k', 1));
    const subscription = bob.subscribe('k', () => {});
    await settled(subscription.ready);
    expect(await cache.read('k')).toBe(1);
    subscription();
    await clock.advance(10);
    await settled(ann.write('k', 2));
    expect(await settled(cache.read('k'))).toBe(2);
  });

  test('is never older than what the server has said of it already', async () => {
    const { ann, bob, cache, settled, hold, release, clock } = await createWorld();
    await settled(ann.write('k', 1));
    await settled(bob.subscribe('**', () => {}).ready);
    expect(await cache.read('k')).toBe(1);
    hold('changes', 'caught-up', 'heartbeat');
    void ann.write('k', 2);
    await clock.advance(5);
    expect(await cache.read('k')).toBe(1);
    expect(await settled(cache.read('k', { mode: 'server' }))).toBe(2);
    expect(await cache.read('k')).toBe(2);
    release();
    await clock.advance(10);
    await settled(ann.write('k', 3));
    await clock.advance(10);
    expect(await cache.read('k')).toBe(3);
  });
});

describe('a value with a lifetime', () => {
  test('is answered from memory as long as it lives, by the server’s clock', async () => {
    const { ann, bob, cache, settled, clock } = await createWorld();
    await settled(bob.subscribe('k', () => {}).ready);
    await settled(ann.write('k', 1, { ttlMs: 1_000 }));
    await clock.advance(5);
    const endsAtMs = bob.peek('k').expiresAtMs ?? 0;
    await cache.read('k');
    expect(cache.read('k')).toBe(cache.read('k')); // no promise of its own
    await clock.advance(endsAtMs - bob.serverNowMs() - 1);
    expect(await cache.read('k')).toBe(1);
    expect(cache.stats).toMatchObject({ hits: 3, misses: 1 });
    await clock.advance(1);
    expect(await cache.read('k')).toBeUndefined();
    expect(await createCachedReads(bob, { nothing: null }).read('k')).toBeNull();
  });

  test('begins anew with the next one', async () => {
    const { ann, bob, cache, settled, clock } = await createWorld();
    await settled(bob.subscribe('k', () => {}).ready);
    await settled(ann.write('k', 1, { ttlMs: 1_000 }));
    await clock.advance(500);
    expect(await cache.read('k')).toBe(1);
    await settled(ann.write('k', 2, { ttlMs: 1_000 }));
    await clock.advance(700);
    expect(await cache.read('k')).toBe(2);
    await settled(ann.write('k', 3));
    await clock.advance(100_000);
    expect(await cache.read('k')).toBe(3);
  });
});

describe('while the connection is away', () => {
  test('what is in memory is the answer; after it, what was missed', async () => {
    const { ann, bob, cache, settled, cut, hold, release, clock } = await createWorld();
    await settled(ann.write('followed', 1));
    await settled(ann.write('other', 1));
    await settled(bob.subscribe('followed', () => {}).ready);
    expect(await settled(Promise.all([cache.read('followed'), cache.read('other')]))).toEqual([1, 1]);
    cut('bob');
    await clock.advance(2);
    expect(bob.status.state).toBe('waiting');
    for (const value of [2, 3, 4]) await settled(ann.write('followed', value));
    await settled(ann.write('other', 2));
    expect([await cache.read('followed'), await cache.read('other')]).toEqual([1, 1]);
    hold('caught-up');
    await clock.advanceUntil(() => bob.status.reconnects === 1);
    expect(bob.status.state).toBe('catching-up');
    const reading = Promise.all([cache.read('followed'), cache.read('other')]);
    await clock.advance(5);
    release();
    expect(await settled(reading)).toEqual([4, 2]);
  });

  test('what is not waits for the connection', async () => {
    const { ann, bob, cache, settled, network, clock } = await createWorld();
    await settled(ann.write('k', 1));
    network.cutAll();
    await clock.advance(2);
    expect(bob.status.state).toBe('waiting');
    expect(await settled(cache.read('k', { mode: 'cached' }))).toBe(1);
  });
});

test('another log makes all that was said of the old one unknown', async () => {
  const { ann, cache, server, settled, asked, clock } = await createWorld();
  await settled(ann.write('k', 1));
  expect(await settled(cache.read('k'))).toBe(1);
  server.renewEpoch();
  await clock.advance(2_000); // a heartbeat tells
  expect(await settled(cache.read('k', { mode: 'cached' }))).toBe(1);
  expect(asked()).toBe(2);
});

test('warming fetches what matches, as far as there is room', async () => {
  const { ann, cache, settled, asked } = await createWorld(3);
  for (let n = 0; n < 5; n++) await settled(ann.write(`warm/${n}`, n));
  await settled(ann.write('cold', 1));
  expect(await settled(cache.warm('warm/*'))).toBe(3);
  expect([
    await cache.read('warm/0', { mode: 'cached' }),
    await cache.read('warm/2', { mode: 'cached' }),
  ]).toEqual([0, 2]);
  expect(asked()).toBe(1);
});

test('what is invalidated is looked up again', async () => {
  const { ann, cache, settled, asked } = await createWorld();
  await settled(ann.write('a/1', 1));
  await settled(Promise.all([cache.read('a/1'), cache.read('a/2'), cache.read('b')]));
  expect([cache.invalidate('a/*'), cache.invalidate(/^a/)]).toEqual([2, 0]);
  expect(cache.stats).toMatchObject({ size: 1, invalidated: 2 });
  expect(await settled(cache.read('a/1', { mode: 'cached' }))).toBe(1);
  expect(asked()).toBe(4);
  cache.clear();
  expect(cache.stats.size).toBe(0);
});

test('a closed client answers nothing, whatever is remembered', async () => {
  const { bob, cache, settled } = await createWorld();
  await settled(bob.subscribe('**', () => {}).ready);
  expect(await cache.read('k')).toBeUndefined();
  const closed = bob.close();
  await expect(cache.read('k')).rejects.toMatchObject({ code: 'closed' });
  await settled(closed);
  await expect(cache.read('k', { mode: 'cached' })).rejects.toMatchObject({ code: 'closed' });
});
