import { Unavailable, verify } from '@mnemon/core';
import { describe, expect, test } from 'vitest';
import { truth } from './held-state.ts';
import { alwaysLeased, stopBefore } from './stopped-ports.ts';
import {
  AT,
  acksTo,
  attach,
  batchOf,
  deliveriesTo,
  join,
  makeWorld,
  put,
  send,
  type World,
} from './world.ts';

const outcomesOf = (client: Parameters<typeof acksTo>[0]) => acksTo(client).map(({ outcomes }) => outcomes);
const waitingIn = ({ ports }: World) => ports.inbox.list(AT, 1000);
const seqsOf = (client: Parameters<typeof deliveriesTo>[0]) => deliveriesTo(client).map(({ seq }) => seq);

describe('one writer', () => {
  test('gets its ack on the frame of its commit, which others get too', async () => {
    const world = makeWorld();
    const [ann, bob] = [await join(world, 'ann'), await join(world, 'bob')];
    const batch = batchOf(put(world, 'a', 1), put(world, 'b', 2));
    expect(await send(world, ann, batch)).toBeUndefined();
    expect(ann.frames).toHaveLength(1);
    expect(ann.frames[0]).toMatchObject({
      type: 'changes',
      id: `request of ${batch.client}`,
      payload: {
        commits: [{ seq: 1, prev: 0, author: 'ann', events: [{ key: 'a' }, { key: 'b' }] }],
        acks: [{ client: batch.client, n: 1, commit: { partition: 0, seq: 1 }, shared: 1 }],
      },
    });
    expect(deliveriesTo(bob)).toEqual(deliveriesTo(ann));
    expect(acksTo(bob)).toEqual([]);
    expect(await truth(world)).toEqual({ a: 1, b: 2 });
    expect(await waitingIn(world)).toEqual([]);
  });

  test('opens a space that nobody has connected to', async () => {
    const world = makeWorld();
    const ann = attach(world, 'ann');
    await send(world, ann, batchOf(put(world, 'a', 1)));
    expect(acksTo(ann)).toMatchObject([{ commit: { seq: 1 } }]);
  });

  test('is told of a batch of which nothing takes effect, and nobody else is', async () => {
    const world = makeWorld();
    const [ann, bob] = [await join(world, 'ann', { grants: [] }), await join(world, 'bob')];
    await send(world, ann, batchOf(put(world, 'a', 1)));
    expect(outcomesOf(ann)).toMatchObject([[{ status: 'refused', code: 'forbidden' }]]);
    expect(deliveriesTo(ann)).toEqual([]);
    expect(bob.frames).toEqual([]);
    expect(await world.ports.log.head(AT.space)).toMatchObject({ seq: [0] });
  });
});

describe('a batch that is sent again', () => {
  test('changes nothing and gets the first answer, said to be a resend or not', async () => {
    const world = makeWorld();
    const [ann, bob] = [await join(world, 'ann'), await join(world, 'bob')];
    const batch = batchOf(put(world, 'a', 1));
    await send(world, ann, batch);
    await send(world, bob, batchOf(put(world, 'a', 2, { seen: { ann: 1 } })));
    await send(world, ann, { ...batch, resend: true });
    await send(world, ann, batch);
    const [first, ...again] = acksTo(ann);
    expect(again).toEqual([first, first]);
    expect(await truth(world)).toEqual({ a: 2 });
    expect(await world.ports.log.head(AT.space)).toMatchObject({ seq: [2] });
    expect(await waitingIn(world)).toEqual([]);
    expect(seqsOf(bob)).toEqual([1, 2]);
  });

  test('under the name of another is refused, and shows nothing', async () => {
    const world = makeWorld();
    const [ann, eve] = [await join(world, 'ann'), await join(world, 'eve', { subscriptions: [] })];
    const batch = batchOf(put(world, 'a', 'of ann'));
    await send(world, ann, batch);
    await send(world, eve, { ...batch, resend: true });
    await send(world, eve, batch);
    expect(outcomesOf(eve)).toMatchObject([[{ code: 'forbidden' }], [{ code: 'forbidden' }]]);
    expect(JSON.stringify(eve.frames)).not.toContain('of ann');
  });

  test('because the answer got lost with the connection, is answered on the new one', async () => {
    const world = makeWorld();
    const ann = attach(world, 'ann');
    const batch = batchOf(put(world, 'a', 1));
    await send(world, ann, batch);
    const later = await join(world, 'ann');
    await send(world, later, { ...batch, resend: true });
    expect(acksTo(later)).toEqual(acksTo(ann));
  });

  test('because nobody knows whether the commit was made, is applied once', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann');
    const { log } = world.ports;
    const append: typeof log.append = async (what) => {
      await log.append(what);
      throw new Unavailable('the log');
    };
    const batch = batchOf(put(world, 'a', 1));
    const unlucky = { ...world.ports, log: { ...log, append } };
    await expect(send(world, ann, batch, unlucky)).rejects.toThrow(Unavailable);
    expect(ann.frames).toEqual([]);
    await send(world, ann, { ...batch, resend: true });
    expect(acksTo(ann)).toMatchObject([{ commit: { seq: 1 } }]);
    expect(await world.ports.log.head(AT.space)).toMatchObject({ seq: [1] });
  });

  test('because the server died between commit and publishing, is answered, and readers notice the gap', async () => {
    const world = makeWorld();
    const [ann, bob] = [await join(world, 'ann'), await join(world, 'bob')];
    const dying = stopBefore(world.ports, 'connections', 'list');
    const batch = batchOf(put(world, 'a', 1));
    void send(world, ann, batch, dying.ports);
    await dying.reached;
    await send(world, bob, batchOf(put(world, 'b', 2)));
    expect(deliveriesTo(bob)).toMatchObject([{ seq: 2, prev: 1 }]);
    await send(world, ann, { ...batch, resend: true });
    expect(acksTo(ann)).toMatchObject([{ commit: { seq: 1 } }]);
  });
});

describe('several writers at once', () => {
  test('two of one key are both acked, and both are in the log', async () => {
    const world = makeWorld();
    const [ann, bob] = [await join(world, 'ann'), await join(world, 'bob')];
    await Promise.all([
      send(world, ann, batchOf(put(world, 'a', 'of ann'))),
      send(world, bob, batchOf(put(world, 'a', 'of bob'))),
    ]);
    const statuses = [ann, bob].map((client) => outcomesOf(client)[0]?.[0]?.status);
    expect(statuses.sort()).toEqual(['applied', 'merged']);
    expect(await truth(world)).toEqual({ a: 'of bob' });
    expect(await verify(world.ports, AT)).toMatchObject({ intact: true, end: { seq: 2 } });
    expect(seqsOf(ann)).toEqual(seqsOf(bob));
  });

  test('64 of one key are all acked exactly once, in one chain, and all see the same', async () => {
    const world = makeWorld();
    const writers = await Promise.all(Array.from({ length: 64 }, (_, i) => join(world, `w${i}`)));
    const observer = await join(world, 'observer');
    const answers = await Promise.all(
      writers.map((writer, i) => send(world, writer, batchOf(put(world, 'a', i), put(world, `own/${i}`, i)))),
    );
    expect(answers.filter(Boolean)).toEqual([]);
    for (const writer of writers) expect(acksTo(writer)).toHaveLength(1);
    const seqs = writers.map((writer) => acksTo(writer)[0]?.commit?.seq);
    const all = Array.from({ length: 64 }, (_, i) => i + 1);
    expect(seqs.toSorted((a = 0, b = 0) => a - b)).toEqual(all);
    expect(seqsOf(observer).toSorted((a, b) => a - b)).toEqual(all);
    expect(await verify(world.ports, AT)).toMatchObject({ intact: true, end: { seq: 64 } });
    expect(await waitingIn(world)).toEqual([]);
    const [entry] = await world.ports.log.entries({ ...AT, afterKey: undefined, limit: 1 });
    expect(entry).toMatchObject({ key: 'a', version: 64 });
    expect(Object.keys(await truth(world))).toHaveLength(65);
    // Committed together, and told so.
    expect(Math.max(...writers.map((writer) => acksTo(writer)[0]?.shared ?? 0))).toBeGreaterThan(8);
  });

  test('nobody holds the lease when all of them are through', async () => {
    const world = makeWorld();
    const writers = await Promise.all(Array.from({ length: 8 }, (_, i) => join(world, `w${i}`)));
    await Promise.all(writers.map((writer, i) => send(world, writer, batchOf(put(world, 'a', i)))));
    expect(await world.ports.inbox.acquireLease(AT, 'next', 1000)).toBe(true);
  });
});

/** The ports of somebody who loaded before the lease was taken, and therefore tries the fast path. */
function fastOnly({ ports }: World): World['ports'] {
  const load: typeof ports.log.load = async (at) => {
    const loaded = await ports.log.load(at);
    return loaded && { ...loaded, leased: false };
  };
  return { ...ports, log: { ...ports.log, load } };
}

describe('while another holds the lease', () => {
  /** A holder that stands still in the middle of its work, with one batch of its own. */
  async function holderAt(world: World, method: 'append') {
    const [rival, owner] = [await join(world, 'rival'), await join(world, 'owner')];
    // Its fast path fails because the rival's commit comes between; then it drains, and stops there.
    const fast = stopBefore(world.ports, 'log', method);
    const drain = stopBefore(fast.ports, 'inbox', 'list');
    const done = send(world, owner, batchOf(put(world, 'a', 'of the owner')), drain.ports);
    await fast.reached;
    await send(world, rival, batchOf(put(world, 'a', 'of the rival')));
    fast.release();
    await drain.reached;
    return { owner, done, release: drain.release };
  }

  test('a batch waits, and its writer is not kept waiting; the holder commits and acks it', async () => {
    const world = makeWorld();
    const holder = await holderAt(world, 'append');
    const ann = await join(world, 'ann');
    expect(await send(world, ann, batchOf(put(world, 'b', 'of ann')))).toBeUndefined();
    expect(ann.frames).toEqual([]);
    expect(await waitingIn(world)).toHaveLength(2);

    holder.release();
    await holder.done;
    expect(acksTo(ann)).toMatchObject([{ commit: { seq: 3 }, shared: 2, outcomes: [{ status: 'applied' }] }]);
    expect(acksTo(holder.owner)).toMatchObject([{ commit: { seq: 2 }, outcomes: [{ status: 'merged' }] }]);
    expect(await waitingIn(world)).toEqual([]);
    expect(await verify(world.ports, AT)).toMatchObject({ intact: true, end: { seq: 3 } });
  });

  test('a batch of which nothing takes effect is answered and does not wait for ever', async () => {
    const world = makeWorld();
    const holder = await holderAt(world, 'append');
    const eve = await join(world, 'eve', { grants: [] });
    await send(world, eve, batchOf(put(world, 'b', 1)));
    holder.release();
    await holder.done;
    expect(outcomesOf(eve)).toMatchObject([[{ code: 'forbidden' }]]);
    expect(await waitingIn(world)).toEqual([]);
  });

  test('a batch that is sent again waits once and is applied once', async () => {
    const world = makeWorld();
    const holder = await holderAt(world, 'append');
    const ann = await join(world, 'ann');
    const batch = batchOf(put(world, 'b', 'of ann'));
    await send(world, ann, batch);
    await send(world, ann, { ...batch, resend: true });
    expect(await waitingIn(world)).toHaveLength(2);
    holder.release();
    await holder.done;
    expect(acksTo(ann)).toHaveLength(1);
    expect(await verify(world.ports, AT)).toMatchObject({ end: { seq: 3 } });
  });

  test('a batch that comes when the holder has just looked for the last time is committed too', async () => {
    const world = makeWorld();
    const [owner, ann] = [await join(world, 'owner'), await join(world, 'ann')];
    const leaving = stopBefore(alwaysLeased(world.ports), 'inbox', 'releaseLease');
    const done = send(world, owner, batchOf(put(world, 'a', 1)), leaving.ports);
    await leaving.reached;
    expect(await send(world, ann, batchOf(put(world, 'b', 2)))).toBeUndefined();
    expect(ann.frames).toHaveLength(1); // the owner's commit, and no ack
    leaving.release();
    await done;
    expect(acksTo(ann)).toHaveLength(1);
    expect(await waitingIn(world)).toEqual([]);
  });

  test('a batch that was committed by another way meanwhile is not committed again', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann');
    const batch = batchOf(put(world, 'a', 1));
    const drain = stopBefore(alwaysLeased(world.ports), 'log', 'append');
    const done = send(world, ann, batch, drain.ports);
    await drain.reached;
    const committed = await send(world, ann, batch, fastOnly(world));
    expect(committed).toBeUndefined();
    drain.release();
    await done;
    expect(await verify(world.ports, AT)).toMatchObject({ intact: true, end: { seq: 1 } });
    expect(new Set(acksTo(ann).map(({ commit }) => commit?.seq))).toEqual(new Set([1]));
    expect(await waitingIn(world)).toEqual([]);
  });

  test('a writer that has come back is acked on the connection that it has by then', async () => {
    const world = makeWorld();
    const holder = await holderAt(world, 'append');
    const before = await join(world, 'ann');
    await send(world, before, batchOf(put(world, 'b', 1)));
    const after = await join(world, 'ann');
    holder.release();
    await holder.done;
    expect(acksTo(before)).toEqual([]);
    expect(acksTo(after)).toHaveLength(1);
  });

  test('who has waited three seconds in vain is told to come again, and the batch goes on waiting', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann');
    await world.ports.inbox.acquireLease(AT, 'somebody', 60_000);
    const batch = batchOf(put(world, 'a', 1));
    expect(await send(world, ann, batch)).toBeUndefined();
    world.pass(2_999);
    expect(await send(world, ann, { ...batch, resend: true })).toBeUndefined();
    world.pass(1);
    const refusal = await send(world, ann, { ...batch, resend: true });
    expect(refusal).toMatchObject({ code: 'contention', retryable: true, retryAfterMs: 500 });
    expect(await waitingIn(world)).toHaveLength(1);
    expect(ann.frames).toEqual([]);
  });
});

describe('a holder that died', () => {
  /** The lease of somebody who is no more, and one batch that waits for it. */
  async function orphaned() {
    const world = makeWorld();
    const ann = await join(world, 'ann');
    await world.ports.inbox.acquireLease(AT, 'the dead', 2_000);
    const batch = batchOf(put(world, 'a', 'of ann'));
    await send(world, ann, batch);
    expect(ann.frames).toEqual([]);
    world.pass(2_001);
    return { world, ann, batch };
  }

  test('loses its lease after two seconds: the batch that is sent again is committed and waits no more', async () => {
    const { world, ann, batch } = await orphaned();
    await send(world, ann, { ...batch, resend: true });
    expect(acksTo(ann)).toMatchObject([{ commit: { seq: 1 } }]);
    expect(await waitingIn(world)).toEqual([]);
    expect(await truth(world)).toEqual({ a: 'of ann' });
  });

  test('leaves its inbox to the next writer, even to one alone', async () => {
    const { world, ann } = await orphaned();
    const bob = await join(world, 'bob');
    await send(world, bob, batchOf(put(world, 'b', 1)));
    for (const client of [ann, bob]) expect(acksTo(client)).toHaveLength(1);
    expect(await waitingIn(world)).toEqual([]);
    expect(await truth(world)).toEqual({ a: 'of ann', b: 1 });
  });

  test('leaves its inbox to the next who has to wait', async () => {
    const { world, ann } = await orphaned();
    const [bob, cleo] = [await join(world, 'bob'), await join(world, 'cleo')];
    await Promise.all([
      send(world, bob, batchOf(put(world, 'b', 1))),
      send(world, cleo, batchOf(put(world, 'c', 2))),
    ]);
    for (const client of [ann, bob, cleo]) expect(acksTo(client)).toHaveLength(1);
    expect(await waitingIn(world)).toEqual([]);
    expect(await truth(world)).toEqual({ a: 'of ann', b: 1, c: 2 });
  });

  test('and rises again does no harm: what it was about to commit has been committed', async () => {
    const world = makeWorld();
    const [ann, bob] = [await join(world, 'ann'), await join(world, 'bob')];
    const late = stopBefore(alwaysLeased(world.ports), 'log', 'append');
    const batch = batchOf(put(world, 'a', 'of ann'));
    const dead = send(world, ann, batch, late.ports);
    await late.reached;
    world.pass(2_001);
    await send(world, bob, batchOf(put(world, 'b', 1)));
    await send(world, ann, { ...batch, resend: true });
    late.release();
    await dead;
    expect(acksTo(ann).map(({ commit }) => commit?.seq)).toEqual([1, 1]); // bob's round, and the resend
    expect(await verify(world.ports, AT)).toMatchObject({ intact: true, end: { seq: 2 } });
    expect(await truth(world)).toEqual({ a: 'of ann', b: 1 });
    expect(await waitingIn(world)).toEqual([]);
  });
});

test('a commit that conflicts without end is given up for now, and its writer is told to come again', async () => {
  const world = makeWorld();
  const ann = await join(world, 'ann');
  let attempts = 0;
  const log: typeof world.ports.log = {
    ...world.ports.log,
    append: async () => {
      attempts += 1;
      return 'conflict';
    },
  };
  const stuck = { ...world.ports, log };
  const batch = batchOf(put(world, 'a', 1));
  await send(world, ann, batch, stuck);
  expect(attempts).toBeLessThan(20);
  world.pass(3_001);
  expect(await send(world, ann, { ...batch, resend: true }, stuck)).toMatchObject({ code: 'contention' });
  await send(world, ann, { ...batch, resend: true });
  expect(acksTo(ann)).toMatchObject([{ commit: { seq: 1 } }]);
});
