import type { Grant } from '@mnemon/protocol';
import { isWithin, matches, topicOf } from '@mnemon/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concerns, readableTopics, topicsOfCommit } from './topics.ts';
import { eventOf } from './writing.fixture.ts';

const grantsOf = (...patterns: string[]): Grant[] =>
  patterns.map((pattern) => ({ pattern, access: 'read' as const }));

describe('subscriptions', () => {
  test.each([
    [['**'], ['**'], ['**']],
    [['a/*', 'b/1/x', 'a/2'], ['**'], ['a', 'b/1/x']],
    [['**'], ['own/*', 'public/**'], ['own', 'public']],
    [['a/**'], ['a/b/**', 'c'], ['a/b']],
    [['a/b/**'], ['a/**'], ['a/b']],
    [['a', 'b'], ['c'], []],
    [['ab'], ['a'], []],
    [['**'], [], []],
    [[], ['**'], []],
  ])('%j under grants for %j follow %j', (patterns, granted, topics) => {
    expect(readableTopics(patterns, grantsOf(...granted))).toEqual(topics);
  });

  const pattern = fc
    .array(fc.constantFrom('a', 'b', '*', '**', 'a*'), { minLength: 1, maxLength: 4 })
    .map((segments) => segments.join('/'));
  const key = fc
    .array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 4 })
    .map((segments) => segments.join('/'));

  test('whatever is subscribed and readable is of their topics, and nothing outside the topics of the grants is (I8)', () => {
    const some = fc.array(pattern, { maxLength: 3 });
    fc.assert(
      fc.property(some, some, key, (patterns, granted, each) => {
        const topics = readableTopics(patterns, grantsOf(...granted));
        const isFollowed = topics.some((topic) => isWithin(topic, each));
        const isSubscribed = patterns.some((one) => matches(one, each));
        if (isSubscribed && granted.some((one) => matches(one, each))) expect(isFollowed).toBe(true);
        if (isFollowed) expect(granted.some((one) => isWithin(topicOf(one), each))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('find the same commits by the topics beside a commit as by its events', () => {
    fc.assert(
      fc.property(
        fc.array(key, { minLength: 1, maxLength: 3 }),
        fc.array(pattern, { maxLength: 3 }),
        (keys, patterns) => {
          const commit = { events: keys.map((each) => eventOf(each, 1)) };
          const topics = readableTopics(patterns, grantsOf('**'));
          const kept = topicsOfCommit(commit);
          expect(topics.some((topic) => topic === '**' || kept.includes(topic))).toBe(
            concerns(commit, topics),
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
