import { eventsSince, type FeedRequest, followEvents, type Identity } from '@mnemon/core';
import type { Grant, InstanceId } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { answerOf } from '../answer-of.ts';
import { worldWithCommits } from './long-log.ts';
import { EVERYTHING, makeWorld, put, SPACE, type World, writeAlone } from './world.ts';

const identityIn = (world: World, grants: readonly Grant[] = EVERYTHING): Identity => ({
  space: SPACE,
  instanceId: 'reader' as InstanceId,
  userId: 'user',
  grants,
  tokenExpiresAtMs: world.now() + 3_600_000,
});

/** Lets the world's time pass, and lets something happen meanwhile. */
const passing =
  (world: World, meanwhile: () => Promise<void> = async () => {}) =>
  async (ms: number) => {
    world.pass(ms);
    await meanwhile();
  };

async function ask(world: World, request: Partial<FeedRequest> = {}, grants?: readonly Grant[]) {
  return answerOf(
    await eventsSince(world.ports, passing(world), identityIn(world, grants), {
      waitMs: 0,
      ...request,
    }),
  );
}

async function worldWithKeys(...keys: string[]): Promise<World> {
  const world = makeWorld();
  await writeAlone(world, 'ann', ...keys.map((key) => put(world, key, `at ${key}`)));
  return world;
}

describe('the change feed', () => {
  test('tells everything from the first commit on, then nothing until something happens', async () => {
    const world = await worldWithKeys('a', 'b');
    const first = await ask(world);
    expect(first).toMatchObject({
      events: [
        { key: 'a', seq: 1, type: 'created' },
        { key: 'b', seq: 2 },
      ],
      more: false,
    });
    expect(await ask(world, { after: first.cursor })).toMatchObject({ events: [], cursor: first.cursor });
    await writeAlone(world, 'ann', put(world, 'a', 2));
    expect((await ask(world, { after: first.cursor })).events).toMatchObject([
      { key: 'a', seq: 3, type: 'updated' },
    ]);
  });

  test('from the head on tells what comes later only', async () => {
    const world = await worldWithKeys('a');
    const { events, cursor } = await ask(world, { after: 'head' });
    expect(events).toEqual([]);
    await writeAlone(world, 'ann', put(world, 'b', 1));
    expect((await ask(world, { after: cursor })).events).toMatchObject([{ key: 'b' }]);
  });

  test('is narrowed to a pattern and to the grants (I8), and goes on behind what it left out', async () => {
    const world = await worldWithKeys('tasks/1', 'hidden/1', 'tasks/2', 'notes/1');
    const grants: Grant[] = [
      { pattern: 'tasks/*', access: 'read' },
      { pattern: 'notes/*', access: 'read' },
    ];
    const page = await ask(world, {}, grants);
    expect(page.events.map(({ key }) => key)).toEqual(['tasks/1', 'tasks/2', 'notes/1']);
    const tasks = await ask(world, { pattern: 'tasks/*' }, grants);
    expect(tasks.events.map(({ key }) => key)).toEqual(['tasks/1', 'tasks/2']);
    expect(tasks.cursor).toEqual(page.cursor);
    expect(await ask(world, { pattern: 'hidden/**' }, grants)).toMatchObject({
      events: [],
      cursor: page.cursor,
    });
  });

  test('comes in pages that leave nothing out, however long the log is', async () => {
    const world = await worldWithCommits(1_234);
    const seqs: number[] = [];
    let page = await ask(world);
    for (;;) {
      seqs.push(...page.events.map(({ seq }) => seq));
      if (!page.more) break;
      page = await ask(world, { after: page.cursor });
    }
    expect(seqs).toEqual(Array.from({ length: 1_234 }, (_, i) => i + 1));
  });

  test('looks at no more than 2000 commits for a rare key, and says that there is more', async () => {
    const world = await worldWithCommits(2_500);
    const page = await ask(world, { pattern: 'rare' });
    expect(page).toMatchObject({ events: [], cursor: { seq: [2_000] }, more: true });
  });

  test('of a space that nobody has written to is empty', async () => {
    const world = makeWorld();
    const page = await ask(world);
    expect(page).toMatchObject({ events: [], cursor: { seq: [0] }, more: false });
    expect(await ask(world, { after: page.cursor })).toEqual(page);
  });

  test.each([
    ['of another log', { epoch: 'other', seq: [0] }, 'other-epoch'],
    ['past the head', { seq: [9] }, 'past-head'],
  ])('does not go on from a cursor %s (I5)', async (_, changes, reason) => {
    const world = await worldWithKeys('a');
    const { cursor } = await ask(world);
    const after = { ...cursor, ...changes };
    const refused = await eventsSince(world.ports, passing(world), identityIn(world), { after, waitMs: 0 });
    expect(refused).toMatchObject({ ok: false, error: { code: 'bad-cursor', details: { reason } } });
  });

  test('does not go on where commits were compacted away, at the beginning or in between (I5)', async () => {
    const world = await worldWithKeys('a', 'b', 'c');
    const { commits } = world.ports.log;
    const log = {
      ...world.ports.log,
      commits: async (at: Parameters<typeof commits>[0]) =>
        (await commits(at)).filter(({ commit }) => commit.seq !== 2),
    };
    const refused = await eventsSince({ ...world.ports, log }, passing(world), identityIn(world), {
      waitMs: 0,
    });
    expect(refused).toMatchObject({
      ok: false,
      error: { code: 'bad-cursor', details: { reason: 'compacted' } },
    });
  });
});

describe('whoever waits', () => {
  test('is answered when the first event comes, not before', async () => {
    const world = await worldWithKeys('a');
    let pauses = 0;
    const meanwhile = async () => {
      if (++pauses === 3) await writeAlone(world, 'ann', put(world, 'b', 1));
      if (pauses === 2) await writeAlone(world, 'ann', put(world, 'other', 1));
    };
    const request = { after: 'head', pattern: 'b', waitMs: 25_000 } as const;
    const page = await eventsSince(world.ports, passing(world, meanwhile), identityIn(world), request);
    expect(page).toMatchObject({ ok: true, value: { events: [{ key: 'b', seq: 3 }] } });
    expect(pauses).toBe(3);
  });

  test('waits no longer than asked, and not beyond the token (I8); the head is read once a second at most', async () => {
    const world = await worldWithKeys('a');
    let reads = 0;
    const { head } = world.ports.log;
    const counted = (space: typeof SPACE) => {
      reads += 1;
      return head(space);
    };
    const log = { ...world.ports.log, head: counted };
    const startedMs = world.now();
    const ports = { ...world.ports, log };
    const request = { after: 'head', waitMs: 25_000 } as const;
    expect(await eventsSince(ports, passing(world), identityIn(world), request)).toMatchObject({
      value: { events: [] },
    });
    expect(world.now() - startedMs).toBe(25_000);
    expect(reads).toBeLessThan(32);

    const tokenExpiresAtMs = world.now() + 1_000;
    await eventsSince(ports, passing(world), { ...identityIn(world), tokenExpiresAtMs }, request);
    expect(world.now()).toBe(tokenExpiresAtMs);
  });
});

test('whoever follows gets page after page until the time is over', async () => {
  const world = await worldWithKeys('a');
  let written = 0;
  const meanwhile = async () => {
    if (++written < 4) await writeAlone(world, 'ann', put(world, `b${written}`, 1));
  };
  const keys: string[] = [];
  let empty = 0;
  const endMs = world.now() + 60_000;
  const pages = followEvents(
    world.ports,
    passing(world, meanwhile),
    identityIn(world),
    { waitMs: 10_000 },
    endMs,
  );
  for await (const page of pages) {
    if (!page.ok) throw new Error(page.error.code);
    keys.push(...page.value.events.map(({ key }) => key));
    if (page.value.events.length === 0) empty++;
  }
  expect(keys).toEqual(['a', 'b1', 'b2', 'b3']);
  expect(world.now()).toBe(endMs);
  expect(empty).toBe(6);
});
