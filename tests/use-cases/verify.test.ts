import { type SealedCommit, seal, verify } from '@mnemon/core';
import { expect, test } from 'vitest';
import { AT, makeWorld, type World, worldWithCommits } from './world.ts';

/** What verify says of the log after somebody was at it. */
function verdictOn({ ports }: World, tamper: (commit: SealedCommit) => SealedCommit[]) {
  const commits: typeof ports.log.commits = async (at) =>
    (await ports.log.commits({ ...at, limit: 10_000 })).flatMap(tamper).slice(0, at.limit);
  return verify({ log: { ...ports.log, commits } }, AT);
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
