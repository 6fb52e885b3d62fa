import { type Caller, catchUp, type Ports } from '@mnemon/core';
import { type CaughtUpPayload, type Cursor, type Delivery, LIMITS, utf8Length } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { answerOf } from '../answer-of.ts';
import { applyTo, asLog, asState, type Held, truth, valuesIn } from './held-state.ts';
import { worldWithCommits } from './long-log.ts';
import { attach, batchOf, del, greet, makeWorld, put, send, type World, writeAlone } from './world.ts';

async function ask(ports: Ports, caller: Caller, request: Parameters<typeof catchUp>[2]) {
  return answerOf(await catchUp(ports, caller, request));
}

/** Asks for page after page; `between` happens before each that follows the first. */
async function readAll(
  ports: Ports,
  caller: Caller,
  cursor: Cursor | undefined,
  between = async (_pages: number): Promise<void> => {},
  patterns?: string[],
): Promise<CaughtUpPayload[]> {
  const pages = [await ask(ports, caller, { cursor, patterns })];
  for (let page = pages[0]?.page; page !== undefined; page = pages.at(-1)?.page) {
    if (pages.length > 50) throw new Error('pages without end');
    await between(pages.length);
    pages.push(await ask(ports, caller, { page, patterns }));
  }
  return pages;
}

const cursorAt = async ({ ports }: World, seq: number): Promise<Cursor> => ({
  epoch: (await ports.log.head('team' as never))?.epoch ?? '',
  seq: [seq],
});

const commitsIn = (pages: readonly CaughtUpPayload[]): Delivery[] =>
  pages.flatMap((page) => asLog(page).commits);
const keysIn = (pages: readonly CaughtUpPayload[]): string[] =>
  pages.flatMap((page) => asState(page).entries.map(({ key }) => key));

/** The seqs from the first up to the last, none left out. */
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

async function worldWithEntries(count: number): Promise<World> {
  const world = makeWorld();
  const bob = attach(world, 'bob');
  const keys = range(1, count).map((i) => `k/${String(i).padStart(5, '0')}`);
  while (keys.length > 0)
    await send(world, bob, batchOf(...keys.splice(0, 100).map((key) => put(world, key, 0))));
  return world;
}

describe('the log', () => {
  test('is complete from the cursor on, over as many pages as it takes', async () => {
    const world = await worldWithCommits(450);
    const pages = await readAll(world.ports, attach(world, 'ann').caller, await cursorAt(world, 25));
    expect(pages.length).toBeGreaterThan(2);
    expect(commitsIn(pages).map(({ seq }) => seq)).toEqual(range(26, 450));
    expect(commitsIn(pages).every(({ seq, prev }) => prev === seq - 1)).toBe(true);
    expect(pages.at(-1)?.cursor).toEqual(await cursorAt(world, 450));
    for (const page of pages) expect(page.cursor.seq).toEqual([asLog(page).commits.at(-1)?.seq]);
  });

  test('goes on with what is committed between two pages', async () => {
    const world = await worldWithCommits(250);
    const ann = attach(world, 'ann').caller;
    const pages = await readAll(world.ports, ann, await cursorAt(world, 0), async (count) => {
      if (count < 3) await writeAlone(world, 'bob', put(world, 'late', count));
    });
    const seqs = commitsIn(pages).map(({ seq }) => seq);
    expect(seqs.length).toBeGreaterThanOrEqual(251);
    expect(seqs).toEqual(range(1, seqs.length));
  });

  test('is empty for who has everything', async () => {
    const world = await worldWithCommits(3);
    const cursor = await cursorAt(world, 3);
    const answer = await ask(world.ports, attach(world, 'ann').caller, { cursor });
    expect(answer).toEqual({ recovered: true, cursor, commits: [] });
  });

  test('has no events outside the grants, and no gaps either', async () => {
    const world = makeWorld();
    await writeAlone(
      world,
      'bob',
      put(world, 'open/a', 1),
      put(world, 'secret/b', 2),
      put(world, 'open/c', 3),
    );
    const grants = ['open/*', '*/other'].map((pattern) => ({ pattern, access: 'read' as const }));
    const { caller } = attach(world, 'ann', { grants });
    const pages = await readAll(world.ports, caller, await cursorAt(world, 0));
    expect(commitsIn(pages).map(({ seq, events }) => [seq, ...events.map(({ key }) => key)])).toEqual([
      [1, 'open/a'],
      [2],
      [3, 'open/c'],
    ]);
    expect(JSON.stringify(pages)).not.toContain('secret');
  });

  /** Seven commits of a big value each, and an eighth that has all of them. */
  async function worldWithGiantCommit() {
    const world = makeWorld();
    const keys = range(1, 7).map((i) => `big/${i}`);
    await writeAlone(world, 'bob', ...keys.map((key) => put(world, key, key.repeat(8_000))));
    // Written before bob's and without having seen them: bob's values win, and the commit repeats all of them.
    const early = { hlc: { wallMs: world.now() - 1000, counter: 0 } };
    await send(world, attach(world, 'cleo'), batchOf(...keys.map((key) => put(world, key, 'x', early))));
    return { world, keys };
  }

  test('gives a commit that is too big for a frame in parts, over several pages', async () => {
    const { world, keys } = await worldWithGiantCommit();
    await writeAlone(world, 'bob', put(world, 'small', 1));

    const pages = await readAll(world.ports, attach(world, 'ann').caller, await cursorAt(world, 7));
    const parts = commitsIn(pages).filter(({ seq }) => seq === 8);
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.map(({ part }) => part)).toEqual(parts.map((_, index) => ({ index, count: parts.length })));
    expect(parts.flatMap(({ events }) => events.map(({ key }) => key))).toEqual(keys);
    expect(commitsIn(pages).at(-1)).toMatchObject({ seq: 9, events: [{ key: 'small' }] });
    // I5: whoever stops in the middle of the commit is told to begin with it again.
    expect(pages[0]?.cursor.seq).toEqual([7]);
    const held: Held = new Map();
    applyTo(held, commitsIn(pages));
    expect(valuesIn(held)).toEqual(await truth(world));
  });

  test('gives such a commit to the last part when it is the newest, whatever comes before it on the page', async () => {
    const { world, keys } = await worldWithGiantCommit();
    for (const from of [5, 6, 7]) {
      const pages = await readAll(world.ports, attach(world, 'ann').caller, await cursorAt(world, from));
      const parts = commitsIn(pages).filter(({ seq }) => seq === 8);
      expect(parts.flatMap(({ events }) => events.map(({ key }) => key))).toEqual(keys);
      expect(parts.at(-1)?.part?.index).toBe(parts.length - 1);
      expect(pages.at(-1)?.cursor.seq).toEqual([8]);
    }
  });
});

describe('the state instead of the log', () => {
  const why = async (world: World, cursor?: Cursor) =>
    asState(await ask(world.ports, attach(world, 'ann').caller, { cursor })).reason;

  test('is given without a cursor', async () => {
    expect(await why(await worldWithCommits(1))).toBe('no-cursor');
  });

  test('is given for a cursor of another epoch, or of another number of partitions', async () => {
    const world = await worldWithCommits(1);
    expect(await why(world, { epoch: 'another', seq: [1] })).toBe('other-epoch');
    expect(await why(world, { ...(await cursorAt(world, 1)), seq: [1, 1] })).toBe('other-epoch');
  });

  test('is given for a cursor past the head', async () => {
    const world = await worldWithCommits(1);
    expect(await why(world, await cursorAt(world, 2))).toBe('past-head');
  });

  test('is given to who missed more than 2,000 commits, and not to who missed 2,000', async () => {
    const world = await worldWithCommits(2_001);
    expect(await why(world, await cursorAt(world, 0))).toBe('too-far');
    const pages = await readAll(world.ports, attach(world, 'ann').caller, await cursorAt(world, 1));
    expect(commitsIn(pages).map(({ seq }) => seq)).toEqual(range(2, 2_001));
  });

  test('is not given to who missed many commits, but few of its topics', async () => {
    const world = await worldWithCommits(2_001);
    const ann = attach(world, 'ann').caller;
    const cursor = await cursorAt(world, 0);
    const few = await readAll(world.ports, ann, cursor, undefined, ['k7', 'k8']);
    expect(commitsIn(few).map(({ seq }) => seq)).toEqual(
      range(1, 2_001).filter((seq) => [7, 8].includes(seq % 100)),
    );
    expect(few.at(-1)?.cursor.seq).toEqual([2_001]);
    const none = await readAll(world.ports, ann, cursor, undefined, ['other']);
    expect(none).toEqual([{ recovered: true, cursor: await cursorAt(world, 2_001), commits: [] }]);
    const all = range(0, 99).map((i) => `k${i}`);
    const request = { cursor, patterns: all };
    expect(asState(await ask(world.ports, ann, request)).reason).toBe('too-far');
  });

  test('is given when the log was compacted between two pages: never part of a range', async () => {
    const world = await worldWithCommits(450);
    let floor = 0;
    const { log } = world.ports;
    const commits: typeof log.commits = (at) =>
      log.commits({ ...at, afterSeq: Math.max(at.afterSeq, floor) });
    const ports = { ...world.ports, log: { ...log, commits } };
    const pages = await readAll(ports, attach(world, 'ann').caller, await cursorAt(world, 0), async () => {
      floor = 449;
    });
    expect(asLog(pages[0])).toBeDefined();
    expect(asState(pages[1])).toMatchObject({ reason: 'compacted', cursor: await cursorAt(world, 450) });
    expect(keysIn(pages.slice(1))).toHaveLength(100);
  });

  test('is given when the epoch was renewed between two pages of the log', async () => {
    const world = await worldWithCommits(250);
    const first = await ask(world.ports, attach(world, 'ann').caller, { cursor: await cursorAt(world, 0) });
    const renewed = { epoch: 'renewed', seq: [250] };
    const ports = { ...world.ports, log: { ...world.ports.log, head: async () => renewed } };
    const second = await ask(ports, attach(world, 'ann').caller, { page: first.page as string });
    expect(asState(second)).toMatchObject({ reason: 'other-epoch', cursor: renewed });
  });
});

describe('the state', () => {
  test('comes in pages that hold every key once, without tombstones, all with the head of the first', async () => {
    const world = await worldWithEntries(2_400);
    await writeAlone(world, 'bob', del(world, 'k/00001'), del(world, 'k/00900'));
    const pages = await readAll(world.ports, attach(world, 'ann').caller, undefined);
    expect(pages.length).toBeGreaterThan(2);
    expect(keysIn(pages)).toEqual(Object.keys(await truth(world)));
    expect(keysIn(pages)).toHaveLength(2_398);
    for (const page of pages) expect(page.cursor).toEqual(await cursorAt(world, 26));
  });

  test('together with the log from its cursor on is what there is, whatever was written between the pages', async () => {
    const world = await worldWithEntries(1_200);
    const { caller } = attach(world, 'ann');
    const pages = await readAll(world.ports, caller, undefined, async (count) => {
      await writeAlone(
        world,
        'bob',
        put(world, 'k/00001', count), // read already
        put(world, `a/${count}`, count), // new, and before all that was read
        put(world, `z/${count}`, count), // new, and yet to come
        put(world, 'k/01200', count), // yet to come
        del(world, `k/00${count}00`), // read or yet to come
      );
    });
    const held: Held = new Map();
    for (const { key, value, seq } of pages.flatMap((page) => asState(page).entries)) {
      held.set(key, { seq, ...(value !== undefined && { value }) });
    }
    const log = await readAll(world.ports, caller, pages.at(-1)?.cursor);
    applyTo(held, commitsIn(log));
    expect(valuesIn(held)).toEqual(await truth(world));
  });

  test('holds what the reader may read, and not even its page tokens name another key', async () => {
    const world = await worldWithEntries(1_200);
    await writeAlone(
      world,
      'bob',
      put(world, 'a/mine', 1),
      put(world, 'k/00600/mine', 2),
      put(world, 'z/mine', 3),
    );
    const grants = [{ pattern: '**/mine', access: 'read' }] as const;
    const pages = await readAll(world.ports, attach(world, 'ann', { grants }).caller, undefined);
    expect(keysIn(pages)).toEqual(['a/mine', 'k/00600/mine', 'z/mine']);
    const tokens = pages.flatMap(({ page }) => (page ? [Buffer.from(page, 'base64url').toString()] : []));
    expect(tokens.length).toBeGreaterThan(0);
    for (const token of tokens) expect(token).not.toMatch(/k\/\d{5}"/);
  });

  test('goes on where the last page was full, key by key when values are big', async () => {
    const world = makeWorld();
    const keys = range(1, 9).map((i) => `big/${i}`);
    await writeAlone(world, 'bob', ...keys.map((key) => put(world, key, key.repeat(8_000))));
    const pages = await readAll(world.ports, attach(world, 'ann').caller, undefined);
    expect(pages.length).toBeGreaterThan(2);
    expect(keysIn(pages)).toEqual(keys);
  });

  test('never makes an answer bigger than a frame, however long all names are', async () => {
    const longest = 'n'.repeat(128);
    const caller = { space: longest as never };
    const keys = ['a', 'b', 'c', 'd'].map((letter) => letter + '"'.repeat(511));
    for (let room = 6_500; room < 9_500; room += 100) {
      const world = makeWorld();
      const sizes = [60_000, 56_000, room, 1];
      const ann = attach(world, longest, caller);
      for (const [i, key] of keys.entries())
        await send(world, ann, batchOf(put(world, key, 'v'.repeat(sizes[i] ?? 0))));
      const payload = await greet(world, ann);
      const frame = { type: 'connected', id: '\u0001'.repeat(64), timestamp: world.now(), payload };
      expect(utf8Length(JSON.stringify(frame))).toBeLessThanOrEqual(LIMITS.frameBytes);
    }
  });

  test('is empty for who may read nothing of it', async () => {
    const world = await worldWithEntries(600);
    const grants = [{ pattern: 'other', access: 'admin' }] as const;
    const pages = await readAll(world.ports, attach(world, 'ann', { grants }).caller, undefined);
    expect(keysIn(pages)).toEqual([]);
  });

  test('a token that another reader was given shows no more than the own grants allow', async () => {
    const world = await worldWithEntries(1_200);
    const first = await ask(world.ports, attach(world, 'ann').caller, {});
    const { caller } = attach(world, 'eve', { grants: [{ pattern: 'k/01100', access: 'read' }] });
    const second = await ask(world.ports, caller, { page: first.page as string });
    expect(keysIn([second])).toEqual(['k/01100']);
  });
});

describe('of some topics', () => {
  /** Commits of `a/1`, `b/1`, `c/1`, `a/2` … in turn. */
  async function worldOfTopics(count: number): Promise<World> {
    const world = makeWorld();
    const ops = range(1, count).map((i) => put(world, `${'abc'[(i - 1) % 3]}/${i}`, i));
    await writeAlone(world, 'bob', ...ops);
    return world;
  }

  test('the log is theirs alone, each commit with the one before it, up to the head of all', async () => {
    const world = await worldOfTopics(700);
    const cursor = await cursorAt(world, 10);
    const pages = await readAll(world.ports, attach(world, 'ann').caller, cursor, undefined, ['a/**', 'c/*']);
    expect(pages.length).toBeGreaterThan(1);
    const commits = commitsIn(pages);
    expect(commits.map(({ seq }) => seq)).toEqual(range(11, 700).filter((seq) => seq % 3 !== 2));
    expect(commits.map(({ prev }) => prev)).toEqual([10, ...commits.slice(0, -1).map(({ seq }) => seq)]);
    expect(pages.at(-1)?.cursor).toEqual(await cursorAt(world, 700));
    for (const page of pages.slice(0, -1)) {
      expect(page.cursor.seq).toEqual([asLog(page).commits.at(-1)?.seq]);
    }
  });

  test('to whom nothing happened, the head is the new cursor', async () => {
    const world = await worldOfTopics(5);
    const request = { cursor: await cursorAt(world, 1), patterns: ['a/1'] };
    const answer = await ask(world.ports, attach(world, 'ann').caller, request);
    expect(answer).toEqual({ recovered: true, cursor: await cursorAt(world, 5), commits: [] });
  });

  test('a commit too big for a frame comes in parts that fit together, over pages', async () => {
    const world = await worldOfTopics(9);
    const keys = range(1, 7).map((i) => `a/big/${i}`);
    await writeAlone(world, 'bob', ...keys.map((key) => put(world, key, key.repeat(6_000))));
    const early = { hlc: { wallMs: world.now() - 1000, counter: 0 } };
    await send(world, attach(world, 'cleo'), batchOf(...keys.map((key) => put(world, key, 'x', early))));
    for (const from of [0, 9, 12, 15, 16]) {
      const cursor = await cursorAt(world, from);
      const pages = await readAll(world.ports, attach(world, 'ann').caller, cursor, undefined, ['a/**']);
      const parts = commitsIn(pages).filter(({ seq }) => seq === 17);
      expect(parts.map(({ part }) => part)).toEqual(
        parts.map((_, index) => ({ index, count: parts.length })),
      );
      expect(parts.flatMap(({ events }) => events.map(({ key }) => key))).toEqual(keys);
    }
  });

  test('the state is theirs alone and is read without the others', async () => {
    const world = await worldOfTopics(900);
    await writeAlone(world, 'bob', put(world, 'b', 1), put(world, 'b-b/1', 1), put(world, 'b0', 1));
    let count = 0;
    const { log } = world.ports;
    const entries: typeof log.entries = async (at) => {
      const read = await log.entries(at);
      count += read.length;
      return read;
    };
    const ports = { ...world.ports, log: { ...log, entries } };
    const pages = await readAll(ports, attach(world, 'ann').caller, undefined, undefined, ['b/*', 'c/3']);
    const wanted = Object.keys(await truth(world)).filter((key) => /^b(\/|$)/.test(key) || key === 'c/3');
    expect(keysIn(pages)).toEqual(wanted);
    expect(count).toBe(wanted.length);
  });

  test('a state of many pages and topics goes on where it was, whatever is deleted meanwhile', async () => {
    const world = makeWorld();
    const keys = ['a/1', 'a/2', 'b', 'b/1', 'b/2', 'b-b/1', 'c/1'].map((key) => [
      key,
      put(world, key, key.padEnd(40_000)),
    ]);
    for (const [, op] of keys) await writeAlone(world, 'bob', op as never);
    const pages = await readAll(
      world.ports,
      attach(world, 'ann').caller,
      undefined,
      async (count) => {
        if (count === 1) await writeAlone(world, 'bob', del(world, 'b'));
      },
      ['b', 'a/2', 'b-b', 'c', 'a/1'],
    );
    expect(pages.length).toBeGreaterThan(2);
    expect(keysIn(pages).filter((key) => key !== 'b')).toEqual(['a/1', 'a/2', 'b/1', 'b/2', 'b-b/1', 'c/1']);
  });

  test('compaction between two pages is noticed: the floor tells, where no hole does', async () => {
    const world = await worldOfTopics(900);
    let floor = 0;
    const ports = { ...world.ports, log: { ...world.ports.log, floor: async () => floor } };
    const between = async () => {
      floor = 899;
    };
    const { caller } = attach(world, 'ann');
    const pages = await readAll(ports, caller, await cursorAt(world, 0), between, ['a']);
    expect(asLog(pages[0])).toBeDefined();
    expect(asState(pages[1])).toMatchObject({ reason: 'compacted', cursor: await cursorAt(world, 900) });
  });
});

describe('what is read in vain', () => {
  /** The bytes that a page was made of, beside those on it. */
  async function thrownAway(world: World, request: Parameters<typeof catchUp>[2]) {
    const { log } = world.ports;
    let readBytes = 0;
    let reads = 0;
    const counted = <Items extends readonly unknown[]>(items: Items): Items => {
      reads++;
      readBytes += utf8Length(JSON.stringify(items));
      return items;
    };
    const commits: typeof log.commits = async (at) => {
      const read = await log.commits(at);
      counted(read.map(({ text }) => text));
      return read;
    };
    const entries: typeof log.entries = async (at) => counted(await log.entries(at));
    const ports = { ...world.ports, log: { ...log, commits, entries } };
    const page = await ask(ports, attach(world, 'ann').caller, request);
    return { reads, bytes: readBytes - utf8Length(JSON.stringify(page)) };
  }

  test.each([200, 5_000, 30_000, 60_000])('with values of %i bytes is about a page at most', async (size) => {
    const world = makeWorld();
    const keys = range(1, Math.ceil(400_000 / size)).map((i) => `k/${i}`);
    await writeAlone(world, 'bob', ...keys.map((key) => put(world, key, 'v'.repeat(size))));
    for (const request of [{}, { cursor: await cursorAt(world, 0) }]) {
      const { reads, bytes } = await thrownAway(world, request);
      expect(bytes).toBeLessThan(1.5 * LIMITS.frameBytes);
      expect(reads).toBeLessThan(8);
    }
  });
});

test.each(['', '!', 'bm9wZQ', Buffer.from('{"of":"log"}').toString('base64url'), 'x'.repeat(2048)])(
  'the page token %j was not given out here',
  async (page) => {
    const world = await worldWithCommits(1);
    const answered = await catchUp(world.ports, attach(world, 'ann').caller, { page });
    expect(answered).toMatchObject({ ok: false, error: { code: 'bad-cursor', retryable: false } });
  },
);

test('in a space that nobody has opened there is nothing to catch up with', async () => {
  const world = makeWorld();
  const answered = await catchUp(world.ports, attach(world, 'ann').caller, {});
  expect(answered).toMatchObject({ ok: false, error: { code: 'not-connected' } });
});
