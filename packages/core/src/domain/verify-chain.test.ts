import { describe, expect, test } from 'vitest';
import { type SealedCommit, seal } from './commit.ts';
import { CHAIN_START, verifyChain } from './verify-chain.ts';
import { eventOf, logOf } from './writing.fixture.ts';

const log = logOf([eventOf('a', 1)], [eventOf('b', 2)], [eventOf('c', 3)], [eventOf('d', 4)]);
const commitAt = (seq: number) => log[seq - 1] as SealedCommit;
const forged = (seq: number) => seal({ ...commitAt(seq).commit, events: [eventOf('b', 'forged')] });

test('a log as it was written is intact, whole or in pieces', () => {
  const end = { seq: 4, hash: commitAt(4).hash };
  expect(verifyChain(CHAIN_START, log)).toEqual({ intact: true, end });
  const half = verifyChain(CHAIN_START, log.slice(0, 2));
  expect(half).toMatchObject({ intact: true, end: { seq: 2 } });
  expect(half.intact && verifyChain(half.end, log.slice(2))).toEqual({ intact: true, end });
  expect(verifyChain(CHAIN_START, [])).toEqual({ intact: true, end: CHAIN_START });
});

describe('finds', () => {
  const check = (...commits: SealedCommit[]) => verifyChain(CHAIN_START, commits);

  test('a commit whose text was rewritten', () => {
    const rewritten = { ...commitAt(2), text: commitAt(2).text.replace('"value":2', '"value":9') };
    expect(rewritten.text).not.toBe(commitAt(2).text);
    const found = check(commitAt(1), rewritten, commitAt(3));
    expect(found).toEqual({ intact: false, seq: 2, problem: 'rewritten' });
  });

  test('a commit that was rewritten and hashed anew: its successor does not fit', () => {
    const found = check(commitAt(1), forged(2), commitAt(3));
    expect(found).toEqual({ intact: false, seq: 3, problem: 'unlinked' });
  });

  test('a forged commit whose successor was linked to it: the one after does not fit', () => {
    const relinked = seal({ ...commitAt(3).commit, prevHash: forged(2).hash });
    const found = check(commitAt(1), forged(2), relinked, commitAt(4));
    expect(found).toEqual({ intact: false, seq: 4, problem: 'unlinked' });
  });

  test('a commit that is gone, at the start or between', () => {
    expect(check(commitAt(2))).toEqual({ intact: false, seq: 1, problem: 'missing' });
    expect(check(commitAt(1), commitAt(3))).toEqual({ intact: false, seq: 2, problem: 'missing' });
  });

  test('two commits that were swapped, with or without their numbers', () => {
    expect(check(commitAt(1), commitAt(3), commitAt(2))).toMatchObject({ seq: 2, problem: 'missing' });
    const renumbered = [3, 2].map((from, i) => seal({ ...commitAt(from).commit, seq: i + 2 }));
    expect(check(commitAt(1), ...renumbered)).toMatchObject({ seq: 2, problem: 'unlinked' });
  });

  test('a commit that is there twice', () => {
    expect(check(commitAt(1), commitAt(1))).toMatchObject({ seq: 2, problem: 'missing' });
  });
});
