import { describe, expect, test } from 'vitest';
import { GENESIS, hashOf } from './commit.ts';
import { planCommits } from './plan-commits.ts';
import { verifyChain } from './verify-chain.ts';
import { AT, batchOf, del, entryAfter, NOTHING_WRITTEN, NOW_MS, put, waitingOf } from './writing.fixture.ts';

const plan = (loaded = NOTHING_WRITTEN, ...waiting: Parameters<typeof planCommits>[1]) =>
  planCommits(loaded, waiting, AT, NOW_MS);
const first = waitingOf('ann', batchOf('a', 1, put('tea')));
const second = waitingOf('bob', batchOf('b', 1, put('milk', { seen: { ann: 1 } }), put(1, { key: 'other' })));

describe('several batches', () => {
  test('become commits that follow one another in seq and hash', () => {
    const head = { seq: 41, hash: 'f'.repeat(64) };
    const { commits } = plan({ ...NOTHING_WRITTEN, head }, first, second);
    expect(commits.map(({ commit }) => commit.seq)).toEqual([42, 43]);
    expect(commits[0]?.commit.prevHash).toBe(head.hash);
    expect(commits[1]?.commit.prevHash).toBe(commits[0]?.hash);
    expect(commits.every(({ text, hash }) => hashOf(text) === hash)).toBe(true);
    expect(verifyChain(head, commits)).toEqual({ intact: true, end: { seq: 43, hash: commits[1]?.hash } });
  });

  test('are decided one after the other, each on what the ones before it made', () => {
    const { commits, entries } = plan(undefined, first, second);
    expect(commits.map(({ commit }) => commit.events.map(({ key, type }) => `${type} ${key}`))).toEqual([
      ['created k'],
      ['updated k', 'created other'],
    ]);
    expect(entries.map(({ entry, loadedSeq }) => [entry.key, entry.seq, entry.version, loadedSeq])).toEqual([
      ['k', 2, 2, 0],
      ['other', 2, 1, 0],
    ]);
  });

  test('are kept with all that identifies them, and answered with how many shared the round', () => {
    const { commits, answers, epoch, settled } = plan(undefined, first, second);
    expect(epoch).toBe('epoch');
    expect(commits[1]?.commit).toMatchObject({
      space: 'team',
      partition: 0,
      epoch: 'epoch',
      author: 'bob',
      committedAtMs: NOW_MS,
      mutation: { client: 'b', n: 1, outcomes: [{ status: 'applied', version: 2 }, { version: 1 }] },
    });
    expect(answers.map(({ to, ack }) => [to.requestId, ack.client, ack.n, ack.commit, ack.shared])).toEqual([
      ['ann 1', 'a', 1, { partition: 0, seq: 1 }, 2],
      ['bob 1', 'b', 1, { partition: 0, seq: 2 }, 2],
    ]);
    expect(settled).toEqual([
      { client: 'a', n: 1 },
      { client: 'b', n: 1 },
    ]);
  });
});

test('an entry names the seq of the version that it replaces', () => {
  const entries = new Map([['k', { ...entryAfter(['ann', put('tea')]), seq: 12 }]]);
  expect(plan({ ...NOTHING_WRITTEN, entries }, second).entries[0]).toMatchObject({ loadedSeq: 12 });
});

describe('a batch whose answer depended on what was there', () => {
  const conditions = [
    ['a deletion of nothing', del({ key: 'nothing' }), { status: 'unchanged' }, 1],
    ['a condition that was not met', put(1, { key: 'nothing', expectedVersion: 3 }), { code: 'conflict' }, 0],
  ] as const;

  test.each(conditions)('%s is remembered, and a late copy changes nothing (I6)', (_, op, answer, events) => {
    const asked = waitingOf('ann', batchOf('a', 1, op));
    const { commits, answers } = plan(undefined, asked);
    expect(commits.map(({ commit }) => commit.events.length)).toEqual([events]);
    expect(answers[0]?.ack.outcomes).toMatchObject([answer]);
    const since = { ...entryAfter(['bob', put('here now')]), key: 'nothing' };
    const loaded = { ...NOTHING_WRITTEN, answered: commits, entries: new Map([['nothing', since]]) };
    expect(plan(loaded, asked)).toMatchObject({ commits: [], answers: [{ ack: { outcomes: [answer] } }] });
  });
});

describe('a batch that is refused for what it is', () => {
  const refused = waitingOf('eve', batchOf('e', 1, put('x'), del({ key: 'nothing' })), { grants: [] });

  test('makes no commit, and is answered and settled all the same', () => {
    const { commits, entries, answers, settled } = plan(undefined, refused);
    expect({ commits, entries }).toEqual({ commits: [], entries: [] });
    expect(settled).toEqual([{ client: 'e', n: 1 }]);
    expect(answers).toHaveLength(1);
    expect(answers[0]?.ack).toMatchObject({
      shared: 1,
      outcomes: [{ code: 'forbidden' }, { code: 'forbidden' }],
    });
    expect(answers[0]?.ack.commit).toBeUndefined();
  });

  test('leaves no hole between those around it', () => {
    const { commits, answers } = plan(undefined, first, refused, second);
    expect(commits.map(({ commit }) => commit.seq)).toEqual([1, 2]);
    expect(commits[1]?.commit.prevHash).toBe(commits[0]?.hash);
    expect(answers.map(({ ack }) => ack.commit?.seq)).toEqual([1, undefined, 2]);
  });
});

describe('a batch that was committed before', () => {
  const before = plan(undefined, first);
  const loaded = {
    ...NOTHING_WRITTEN,
    head: { seq: 1, hash: before.commits[0]?.hash ?? GENESIS },
    entries: new Map(before.entries.map(({ entry }) => [entry.key, entry])),
    answered: before.commits,
  };

  test('is not applied again and gets the first answer, even when its content has changed', () => {
    const changed = waitingOf('ann', batchOf('a', 1, put('something else')));
    for (const again of [first, changed]) {
      const { commits, entries, answers } = plan(loaded, again);
      expect({ commits, entries }).toEqual({ commits: [], entries: [] });
      expect(answers).toEqual([{ to: again, ack: before.answers[0]?.ack, commit: before.commits[0] }]);
    }
  });

  test('is found within the same round too', () => {
    const { commits, answers } = plan(undefined, first, first);
    expect(commits).toHaveLength(1);
    expect(answers.map(({ ack }) => ack.commit)).toEqual([
      { partition: 0, seq: 1 },
      { partition: 0, seq: 1 },
    ]);
  });

  test('does not hinder the others', () => {
    const { commits, answers } = plan(loaded, first, second);
    expect(commits.map(({ commit }) => commit.seq)).toEqual([2]);
    expect(answers.map(({ ack }) => ack.commit?.seq)).toEqual([1, 2]);
  });

  test('is refused to another instance, which does not learn its outcomes or events', () => {
    const foreign = waitingOf('eve', batchOf('a', 1, put('x'), put('y')));
    const { commits, answers } = plan(loaded, foreign);
    expect(commits).toEqual([]);
    expect(answers).toHaveLength(1);
    expect(answers[0]?.commit).toBeUndefined();
    expect(answers[0]?.ack).toMatchObject({
      client: 'a',
      n: 1,
      outcomes: [{ code: 'forbidden' }, { code: 'forbidden' }],
    });
    expect(answers[0]?.ack.commit).toBeUndefined();
  });
});

test('what was loaded is left as it was', () => {
  const entries = new Map(NOTHING_WRITTEN.entries);
  const loaded = { ...NOTHING_WRITTEN, entries };
  plan(loaded, first, second);
  expect(entries.size).toBe(0);
  expect(loaded.head).toEqual({ seq: 0, hash: GENESIS });
});

test('a batch that waited until long after its token had ended is refused (I8)', () => {
  const justOver = waitingOf('ann', batchOf('a', 1, put('tea')), { tokenExpiresAtMs: NOW_MS - 1 });
  const longOver = waitingOf('bob', batchOf('b', 1, put('milk')), { tokenExpiresAtMs: NOW_MS - 60_000 });
  const { commits, answers, settled } = plan(undefined, justOver, longOver);
  expect(commits.map(({ commit }) => commit.author)).toEqual(['ann']);
  expect(answers[1]?.ack.outcomes).toMatchObject([{ status: 'refused', code: 'token-expired' }]);
  expect(settled).toHaveLength(2);
});
