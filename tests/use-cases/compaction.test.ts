import { catchUp, compact, takeSnapshot } from '@mnemon/core';
import { type CaughtUpPayload, type Cursor, DEFAULT_RETENTION } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { answerOf } from '../answer-of.ts';
import { applyTo, type Held, truth, valuesIn } from './held-state.ts';
import { worldWithCommits } from './long-log.ts';
import { AT, attach, batchOf, type Client, put, SPACE, send, type World, writeAlone } from './world.ts';

/** A log of so many commits, all of them old enough to go, in a snapshot but for the newest. */
async function agedWorld(commits: number): Promise<World> {
  const world = await worldWithCommits(commits);
  await takeSnapshot(world.ports, AT);
  world.pass(DEFAULT_RETENTION.logMs);
  await writeAlone(world, 'bob', put(world, 'k0', 'newest'));
  return world;
}

const compacted = ({ ports }: World) => compact(ports, AT, DEFAULT_RETENTION);

const cursorAt = async ({ ports }: World, seq: number): Promise<Cursor> => ({
  epoch: (await ports.log.head(SPACE))?.epoch ?? '',
  seq: [seq],
});

/** What a reader holds, page after page; `between` happens before page number `when`. */
async function readFrom(
  { ports }: World,
  { caller }: Client,
  request: { cursor?: Cursor; patterns?: string[] },
  when = 0,
  between = async (): Promise<unknown> => undefined,
): Promise<{ held: Held; pages: CaughtUpPayload[]; cursor: Cursor | undefined }> {
  const pages: CaughtUpPayload[] = [];
  let held: Held = new Map();
  for (let page: string | undefined; ; ) {
    if (pages.length === when) await between();
    const { patterns } = request;
    const read = answerOf(
      await catchUp(ports, caller, page === undefined ? request : { page, ...(patterns && { patterns }) }),
    );
    // A state replaces what came before it (I5).
    if (!read.recovered && pages.at(-1)?.recovered !== false) held = new Map();
    if (read.recovered) applyTo(held, read.commits);
    else
      for (const { key, seq, value } of read.entries)
        held.set(key, value === undefined ? { seq } : { seq, value });
    pages.push(read);
    page = read.page;
    if (page === undefined) return { held, pages, cursor: read.cursor };
    if (pages.length > 50) throw new Error('pages without end');
  }
}

describe('a reader, and a log that is compacted', () => {
  test('below the floor is given the state, and the log from its head on follows', async () => {
    const world = await agedWorld(300);
    await compacted(world);
    const ann = attach(world, 'ann');
    const { held, pages, cursor } = await readFrom(world, ann, { cursor: await cursorAt(world, 100) });
    expect(pages[0]).toMatchObject({ recovered: false, reason: 'compacted', cursor: { seq: [301] } });
    expect(valuesIn(held)).toEqual(await truth(world));
    await writeAlone(world, 'bob', put(world, 'k1', 'later'));
    const later = await readFrom(world, ann, { cursor: cursor as Cursor });
    expect(later.pages).toMatchObject([{ recovered: true, commits: [{ seq: 302, prev: 301 }] }]);
  });

  test('at the floor misses nothing', async () => {
    const world = await agedWorld(300);
    expect(await compacted(world)).toEqual({ floor: 300, dropped: 300 });
    const { pages } = await readFrom(world, attach(world, 'ann'), { cursor: await cursorAt(world, 300) });
    expect(pages).toMatchObject([{ recovered: true, commits: [{ seq: 301 }] }]);
  });

  test('that happens before any of its pages, of everything or of a topic: it ends with the state that there is', async () => {
    for (const patterns of [undefined, ['k1', 'k7']]) {
      for (let when = 0; when < 4; when++) {
        const world = await agedWorld(450);
        const ann = attach(world, 'ann');
        const request = { cursor: await cursorAt(world, 0), ...(patterns && { patterns }) };
        let isCompacted = false;
        const { held, pages } = await readFrom(world, ann, request, when, async () => {
          isCompacted = (await compacted(world)).dropped > 0;
        });
        const all = Object.entries(await truth(world));
        const expected = patterns ? all.filter(([key]) => patterns.includes(key)) : all;
        expect(valuesIn(held), `before page ${when}`).toEqual(Object.fromEntries(expected));
        if (isCompacted && when < pages.length - 1) expect(pages.at(-1)?.recovered).toBe(false);
      }
    }
  });

  test('in the middle of the state, too: whoever then follows the log is told to take it anew', async () => {
    const world = await agedWorld(400);
    const ann = attach(world, 'ann');
    const first = await readFrom(world, ann, {});
    await writeAlone(world, 'bob', put(world, 'k2', 'x'), put(world, 'k3', 'x'));
    await takeSnapshot(world.ports, AT);
    world.pass(DEFAULT_RETENTION.logMs);
    await writeAlone(world, 'bob', put(world, 'k4', 'x'));
    await compacted(world);
    const { held, pages } = await readFrom(world, ann, { cursor: first.cursor as Cursor });
    expect(pages[0]).toMatchObject({ reason: 'compacted' });
    expect(valuesIn(held)).toEqual(await truth(world));
  });

  test('a batch whose commit is gone is too old to be sent again (I6)', async () => {
    const world = await worldWithCommits(3);
    const ann = attach(world, 'ann');
    const batch = batchOf(put(world, 'k', 'once'));
    await send(world, ann, batch);
    await takeSnapshot(world.ports, AT);
    world.pass(DEFAULT_RETENTION.logMs);
    await writeAlone(world, 'bob', put(world, 'k', 'by another'));
    expect((await compacted(world)).dropped).toBe(4);
    const again = { ...ann, caller: { ...ann.caller, tokenExpiresAtMs: world.now() + 60_000 } };
    ann.frames.length = 0;
    await send(world, again, { ...batch, resend: true });
    expect(ann.frames).toMatchObject([
      { type: 'changes', payload: { acks: [{ outcomes: [{ status: 'refused', code: 'too-old' }] }] } },
    ]);
    expect((await truth(world)).k).toBe('by another');
  });
});
