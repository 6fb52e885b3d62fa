import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches } from './pattern.ts';
import { isWithin, patternOf, topicOf, topicsOfKey, widest } from './topic.ts';

test.each([
  ['**', '**'],
  ['*', '**'],
  ['job-*/state', '**'],
  ['tasks', 'tasks'],
  ['tasks/**', 'tasks'],
  ['tasks/*/state', 'tasks'],
  ['tasks/42/state', 'tasks/42/state'],
  ['tasks/42/state/log/*', 'tasks/42/state'],
  ['tasks/4*', 'tasks'],
])('the topic of %s is %s', (pattern, topic) => {
  expect(topicOf(pattern)).toBe(topic);
});

test('a key belongs to the topic of each of its first three prefixes', () => {
  expect(topicsOfKey('a')).toEqual(['a']);
  expect(topicsOfKey('a/b/c/d/e')).toEqual(['a', 'a/b', 'a/b/c']);
  expect(topicsOfKey('a/b*/c')).toEqual(['a']);
  expect(topicsOfKey('**/a')).toEqual([]);
});

test('a topic ends with a segment', () => {
  expect(isWithin('task', 'tasks/1')).toBe(false);
  expect(isWithin('tasks', 'tasks')).toBe(true);
  expect(isWithin('**', 'anything')).toBe(true);
});

test('the widest topics are those that no other holds', () => {
  expect(widest(['b/c', 'a', 'b', 'a/b', 'a', 'a-b'])).toEqual(['a', 'a-b', 'b']);
  expect(widest(['b', '**', 'a'])).toEqual(['**']);
  expect(widest([])).toEqual([]);
});

const segment = fc.constantFrom('a', 'b', 'a-', '*', '**', 'a*');
const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => segments.join('/'));

test('whatever a pattern matches is of its topic, by the key and by the topics of the key alike', () => {
  fc.assert(
    fc.property(path, path, (pattern, key) => {
      const topic = topicOf(pattern);
      if (matches(pattern, key)) expect(isWithin(topic, key)).toBe(true);
      expect(topic === '**' || topicsOfKey(key).includes(topic)).toBe(isWithin(topic, key));
      expect(matches(patternOf(topic), key)).toBe(isWithin(topic, key));
      expect(topicOf(patternOf(topic))).toBe(topic);
    }),
    { numRuns: 2_000 },
  );
});
