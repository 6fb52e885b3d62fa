import { history } from '@mnemon/core';
import type { Grant, HistoryRequest, KeptVersion } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { answerOf } from '../answer-of.ts';
import { worldWithCommits } from './long-log.ts';
import {
  attach,
  batchOf,
  type Client,
  del,
  EVERYTHING,
  makeWorld,
  put,
  send,
  type World,
  writeAlone,
} from './world.ts';

const reader = (world: World, grants = EVERYTHING): Client => attach(world, 'reader', { grants });

async function read(world: World, request: HistoryRequest, client = reader(world)) {
  return answerOf(await history(world.ports, client.caller, request));
}

async function readAll(world: World, request: HistoryRequest): Promise<KeptVersion[]> {
  const versions: KeptVersion[] = [];
  for (let page: string | undefined; ; ) {
    const next = await read(world, { ...request, ...(page !== undefined && { page }) });
    versions.push(...next.versions);
    if (next.page === undefined) return versions;
    expect(next.versions.length).toBeGreaterThan(0);
    page = next.page;
  }
}

const told = (versions: readonly KeptVersion[]) =>
  versions.map(({ seq, writer, event }) => [seq, writer, event.type, event.value]);

async function writtenWorld(): Promise<World> {
  const world = makeWorld();
  await writeAlone(world, 'ann', put(world, 'k', { state: 'open', n: 1 }));
  await writeAlone(world, 'bob', put(world, 'other', 1));
  world.pass(1000);
  await writeAlone(world, 'bob', put(world, 'k', { state: 'done', n: 1 }, { expectedVersion: 1 }));
  await writeAlone(world, 'ann', del(world, 'k', { expectedVersion: 2 }));
  await writeAlone(world, 'cem', put(world, 'k', 5, { expectedVersion: 0 }));
  return world;
}

describe('the history of a key', () => {
  test('is every version, the newest first, with who wrote it and what it did', async () => {
    const { versions, page } = await read(await writtenWorld(), { key: 'k' });
    expect(told(versions)).toEqual([
      [5, 'cem', 'created', 5],
      [4, 'ann', 'deleted', undefined],
      [3, 'bob', 'updated', { state: 'done', n: 1 }],
      [1, 'ann', 'created', { state: 'open', n: 1 }],
    ]);
    expect(page).toBeUndefined();
    const [newest, , , oldest] = versions;
    expect((newest?.committedAtMs ?? 0) - (oldest?.committedAtMs ?? 0)).toBe(1000);
  });

  test('carries the difference to the version before', async () => {
    const { versions } = await read(await writtenWorld(), { key: 'k' });
    expect(versions.map(({ patch }) => patch)).toEqual([
      [{ op: 'add', path: '/value', value: 5 }],
      [{ op: 'remove', path: '/value' }],
      [{ op: 'replace', path: '/value/state', value: 'done' }],
      [{ op: 'add', path: '/value', value: { state: 'open', n: 1 } }],
    ]);
  });

  test('tells what a merge made one version of', async () => {
    const world = makeWorld();
    await writeAlone(world, 'ann', put(world, 'k', 1));
    await writeAlone(world, 'bob', put(world, 'k', 2));
    const { versions } = await read(world, { key: 'k' });
    expect(versions[0]).toMatchObject({ writer: 'bob', event: { type: 'merged' } });
  });

  test('comes in pages that hold each version once, also of a batch that changed the key several times', async () => {
    const world = makeWorld();
    const client = attach(world, 'ann');
    for (let i = 0; i < 4; i++) {
      await send(world, client, batchOf(...[0, 1, 2].map((j) => put(world, 'k', 3 * i + j))));
    }
    const whole = await readAll(world, { key: 'k' });
    expect(whole.map(({ event }) => event.value)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    for (const limit of [1, 2, 5, 12]) expect(await readAll(world, { key: 'k', limit })).toEqual(whole);
  });

  test('comes in pages that fit a frame; where a patch does not fit beside its version, it is left out', async () => {
    const world = makeWorld();
    for (let i = 0; i < 6; i++) {
      const value = `${i}`.repeat(60_000);
      await writeAlone(world, 'ann', put(world, 'k', value, i > 0 ? { expectedVersion: i } : {}));
    }
    const versions = await readAll(world, { key: 'k' });
    expect(versions.map(({ event }) => event.version)).toEqual([6, 5, 4, 3, 2, 1]);
    expect((await read(world, { key: 'k' })).page).toBeDefined();
    expect(versions.every(({ patch }) => patch !== undefined)).toBe(true);
    const tags = Array.from({ length: 32 }, (_, i) => `${i}${'ü'.repeat(60)}`);
    const large = { ...put(world, 'large', 'x'.repeat(64_000)), tags };
    await writeAlone(world, 'ann', large);
    const [only] = await readAll(world, { key: 'large' });
    expect(only?.event.value).toHaveLength(64_000);
    expect(only?.patch).toBeUndefined();
  });

  test('is empty for a key that was never written', async () => {
    expect(await read(await writtenWorld(), { key: 'never' })).toEqual({ versions: [] });
  });

  test('costs two reads of the store, whatever the log holds besides', async () => {
    const world = await worldWithCommits(2_000);
    const asked: string[] = [];
    const log = new Proxy(world.ports.log, {
      get: (target, method) => {
        asked.push(String(method));
        return Reflect.get(target, method);
      },
    });
    const answered = await history({ log }, reader(world).caller, { key: 'k7' });
    expect(answered.ok && answered.value.versions).toHaveLength(20);
    expect(asked).toEqual(['head', 'commitsOf']);
  });
});

describe('is refused', () => {
  const refusal = async (world: World, request: HistoryRequest, grants = EVERYTHING) => {
    const answered = await history(world.ports, reader(world, grants).caller, request);
    return answered.ok ? undefined : answered.error.code;
  };

  test('of a key that the grants do not let read (I8)', async () => {
    const grants: Grant[] = [{ pattern: 'mine/**', access: 'admin' }];
    expect(await refusal(await writtenWorld(), { key: 'k' }, grants)).toBe('forbidden');
  });

  test('in a space that nobody has opened', async () => {
    expect(await refusal(makeWorld(), { key: 'k' })).toBe('not-found');
  });

  test('with a page of another space, of something else, or of nobody', async () => {
    const world = await worldWithCommits(300);
    const elsewhere = await worldWithCommits(300);
    const { page = '' } = await read(world, { key: 'k1', limit: 1 });
    const other = { ...world, ports: { ...elsewhere.ports, log: withEpoch(elsewhere, 'another') } };
    expect(await refusal(other as World, { key: 'k1', page })).toBe('bad-cursor');
    for (const bad of ['', 'x', 'e30', Buffer.from('{"of":"log"}').toString('base64url')]) {
      expect(await refusal(world, { key: 'k1', page: bad })).toBe('bad-cursor');
    }
  });
});

const withEpoch = ({ ports }: World, epoch: string) => ({
  ...ports.log,
  head: async (space: Parameters<typeof ports.log.head>[0]) => {
    const head = await ports.log.head(space);
    return head && { ...head, epoch };
  },
});
