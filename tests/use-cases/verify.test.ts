import {
  type Commit,
  compact,
  GENESIS,
  renewEpoch,
  type SealedCommit,
  seal,
  takeSnapshot,
  verify,
  verifyPage,
} from '@mnemon/core';
import { type ChainEnd, DEFAULT_RETENTION, type SpaceId } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { answerOf } from '../answer-of.ts';
import { worldWithCommits } from './long-log.ts';
import { AT, attach, makeWorld, put, type World, writeAlone } from './world.ts';

/** What verify says of the log after somebody was at it. */
function verdictOn({ ports }: World, tamper: (commit: SealedCommit) => SealedCommit[]) {
  const commits: typeof ports.log.commits = async (at) =>
    (await ports.log.commits({ ...at, limit: 10_000 })).flatMap(tamper).slice(0, at.limit);
  return verify({ ...ports, log: { ...ports.log, commits } }, AT);
}

/** The log after somebody rewrote all of it, hashes included. */
async function rechained({ ports }: World, forge: (sealed: SealedCommit) => Commit) {
  const forged: SealedCommit[] = [];
  for (const sealed of await ports.log.commits({ ...AT, afterSeq: 0, limit: 10_000 })) {
    forged.push(seal({ ...forge(sealed), prevHash: forged.at(-1)?.hash ?? GENESIS }));
  }
  const commits: typeof ports.log.commits = async ({ afterSeq, limit }) =>
    forged.slice(afterSeq, afterSeq + limit);
  return { ...ports, log: { ...ports.log, commits } };
}

test('a log that nobody touched is intact, however long', async () => {
  const world = await worldWithCommits(1_203);
  const [head] = await world.ports.log.commits({ ...AT, afterSeq: 1_202, limit: 1 });
  expect(await verify(world.ports, AT)).toEqual({ intact: true, end: { seq: 1_203, hash: head?.hash } });
});

test('an empty log is intact', async () => {
  expect(await verify(makeWorld().ports, AT)).toMatchObject({ intact: true, end: { seq: 0 } });
});

test('a commit that was rewritten is found', async () => {
  const world = await worldWithCommits(5);
  const verdict = await verdictOn(world, (sealed) =>
    sealed.commit.seq === 3 ? [{ ...sealed, text: sealed.text.replace('"k3"', '"k9"') }] : [sealed],
  );
  expect(verdict).toEqual({ intact: false, seq: 3, problem: 'rewritten' });
});

test('a commit that was rewritten and sealed anew is found by its successor', async () => {
  const world = await worldWithCommits(5);
  const verdict = await verdictOn(world, (sealed) =>
    sealed.commit.seq === 3 ? [seal({ ...sealed.commit, committedAtMs: 0 })] : [sealed],
  );
  expect(verdict).toEqual({ intact: false, seq: 4, problem: 'unlinked' });
});

test('a commit that is missing is found', async () => {
  const world = await worldWithCommits(5);
  const verdict = await verdictOn(world, (sealed) => (sealed.commit.seq === 3 ? [] : [sealed]));
  expect(verdict).toEqual({ intact: false, seq: 3, problem: 'missing' });
});

test('a log that was cut off is found by the entries that it made', async () => {
  const world = await worldWithCommits(5);
  const verdict = await verdictOn(world, (sealed) => (sealed.commit.seq > 3 ? [] : [sealed]));
  expect(verdict).toEqual({ intact: false, seq: 4, problem: 'truncated' });
});

test('a log that was emptied is found too', async () => {
  const world = await worldWithCommits(2);
  expect(await verdictOn(world, () => [])).toEqual({ intact: false, seq: 1, problem: 'truncated' });
});

test('the newest commit, rewritten and sealed anew, is found by the entries that it made', async () => {
  const world = await worldWithCommits(5);
  const newest = (change: (commit: Commit) => Partial<Commit>) =>
    verdictOn(world, (sealed) =>
      sealed.commit.seq === 5 ? [seal({ ...sealed.commit, ...change(sealed.commit) })] : [sealed],
    );
  const found = { intact: false, seq: 5, problem: 'rewritten' };
  expect(
    await newest(({ events }) => ({ events: events.map((event) => ({ ...event, value: 'forged' })) })),
  ).toEqual(found);
  expect(
    await newest(({ events }) => ({ events: events.map((event) => ({ ...event, key: 'other' })) })),
  ).toEqual(found);
  expect(await newest(() => ({}))).toMatchObject({ intact: true });
});

test('what the entries do not show is found by who kept the end of an earlier walk', async () => {
  const world = await worldWithCommits(5);
  const { ports } = world;
  const before = await verify(ports, AT);
  if (!before.intact) throw new Error('not intact');
  const { end } = before;
  await writeAlone(world, 'bob', put(world, 'a', 1));
  expect(await verify(ports, AT, end)).toMatchObject({ intact: true, end: { seq: 6 } });

  const all = await rechained(world, ({ commit }) => ({ ...commit, committedAtMs: 0 }));
  expect(await verify(all, AT)).toMatchObject({ intact: true });
  expect(await verify(all, AT, end)).toEqual({ intact: false, seq: 5, problem: 'rewritten' });
  expect(await verify(ports, AT, { seq: 7, hash: 'a' })).toEqual({
    intact: false,
    seq: 7,
    problem: 'truncated',
  });
});

test.each([
  ['space', { space: 'other' as SpaceId }],
  ['partition', { partition: 1 }],
  ['epoch', { epoch: 'other' }],
])('the log of another %s in its place is found', async (_, other) => {
  const world = await worldWithCommits(3);
  const foreign = await rechained(world, ({ commit }) => ({ ...commit, ...other }));
  const seq = 'epoch' in other ? 3 : 1;
  expect(await verify(foreign, AT)).toEqual({ intact: false, seq, problem: 'foreign' });
});

test('a commit that is made while the log is read is no flaw, nor is one that renews the epoch', async () => {
  const world = await worldWithCommits(3);
  const { log } = world.ports;
  const { caller } = attach(world, 'root', { grants: [{ pattern: '**', access: 'admin' }] });
  const writes = [
    () => writeAlone(world, 'bob', put(world, 'k1', 1)),
    () => renewEpoch(world.ports, caller).then(answerOf),
  ];
  for (const moment of ['newestEntrySeq', 'load'] as const) {
    for (const write of writes) {
      const meanwhile = async (...args: never[]) => {
        await write();
        return (log[moment] as (...args: never[]) => unknown)(...args);
      };
      expect(await verify({ ...world.ports, log: { ...log, [moment]: meanwhile } }, AT)).toMatchObject({
        intact: true,
      });
    }
  }
});

test('a log that begins at its head is intact, also when its only commit goes behind a new one meanwhile', async () => {
  const world = await worldWithCommits(3);
  const { log } = world.ports;
  const compacted = () => compact(world.ports, AT, DEFAULT_RETENTION);
  await takeSnapshot(world.ports, AT);
  world.pass(DEFAULT_RETENTION.logMs);
  expect(await compacted()).toEqual({ floor: 3, dropped: 2 });
  expect(await verify(world.ports, AT)).toMatchObject({ intact: true, end: { seq: 3 } });

  let dropped = 0;
  const commits: typeof log.commits = async (at) => {
    if (at.afterSeq === 2 && dropped === 0) {
      await writeAlone(world, 'bob', put(world, 'k1', 'newest'));
      ({ dropped } = await compacted());
    }
    return log.commits(at);
  };
  const verdict = await verify({ ...world.ports, log: { ...log, commits } }, AT);
  expect([dropped, await log.floor(AT)]).toEqual([1, 3]);
  expect(verdict).toMatchObject({ intact: true, end: { seq: 4 } });
});

describe('in parts', () => {
  /** Each look at the clock takes as long as a call may. */
  const slow = ({ ports }: World) => {
    let nowMs = 0;
    return { ...ports, clock: { now: () => (nowMs += 10_000) } };
  };
  const admin = (world: World) =>
    attach(world, 'admin', { grants: [{ pattern: '**', access: 'admin' }] }).caller;

  /** All parts' ends, and the last verdict. */
  async function walked(world: World, ports = slow(world), known?: ChainEnd) {
    const ends: number[] = [];
    for (let page: string | undefined; ; ) {
      const verdict = answerOf(await verifyPage(ports, admin(world), { page, known }));
      if (!verdict.intact || verdict.page === undefined) return { ends, verdict };
      ends.push(verdict.end.seq);
      page = verdict.page;
    }
  }

  test('it comes to the same end', async () => {
    const world = await worldWithCommits(1_203);
    const { ends, verdict } = await walked(world);
    expect(ends, 'the last part, with the newest commit in it, is the end').toEqual([500, 1_000]);
    expect(verdict).toEqual(await verify(world.ports, AT));
  });

  test('a flaw of a later part is found', async () => {
    const world = await worldWithCommits(1_203);
    const ports = slow(world);
    const commits: typeof ports.log.commits = async (at) =>
      (await world.ports.log.commits(at)).filter(({ commit }) => commit.seq !== 1_100);
    const { verdict } = await walked(world, { ...ports, log: { ...ports.log, commits } });
    expect(verdict).toEqual({ intact: false, seq: 1_100, problem: 'missing' });
    const forged = { seq: 700, hash: '0'.repeat(64) };
    expect((await walked(world, slow(world), forged)).verdict).toMatchObject({ problem: 'rewritten' });
  });

  test.each([1_000, 1_203])('of %i commits the newest, sealed anew, is found by its entries', async (seq) => {
    const world = await worldWithCommits(seq);
    const ports = slow(world);
    const forge = (sealed: SealedCommit): SealedCommit => {
      if (sealed.commit.seq !== seq) return sealed;
      const events = sealed.commit.events.map((event) => ({ ...event, value: 'forged' }));
      return seal({ ...sealed.commit, events });
    };
    const commits: typeof ports.log.commits = async (at) => (await world.ports.log.commits(at)).map(forge);
    const { verdict } = await walked(world, { ...ports, log: { ...ports.log, commits } });
    expect(verdict).toEqual({ intact: false, seq, problem: 'rewritten' });
  });

  test('a page of nobody, and a stranger, are refused', async () => {
    const world = await worldWithCommits(1);
    const foreign = await verifyPage(world.ports, admin(world), { page: 'x' });
    expect(foreign).toMatchObject({ error: { code: 'bad-cursor' } });
    const stranger = await verifyPage(world.ports, attach(world, 'eve').caller, {});
    expect(stranger).toMatchObject({ error: { code: 'forbidden' } });
  });
});
