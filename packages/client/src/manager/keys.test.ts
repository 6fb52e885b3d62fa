import { matches } from '@mnemon/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createNamespace } from './keys.ts';

const { key, pattern } = createNamespace('task-sentinel');

test('a key goes below the namespace, unless it carries it already', () => {
  expect(key('tasks/42/state')).toBe('task-sentinel/tasks/42/state');
  expect(key('task-sentinel/tasks/42/state')).toBe('task-sentinel/tasks/42/state');
  expect(key('task-sentinels/a')).toBe('task-sentinel/task-sentinels/a');
  expect(createNamespace('').key('tasks/42')).toBe('tasks/42');
  expect(createNamespace('a/b').key('c')).toBe('a/b/c');
  for (const name of ['a//b', '/a', 'x/'.repeat(9), 7 as never]) {
    expect(() => createNamespace(name)).toThrow('namespace');
  }
});

describe('a pattern', () => {
  const cases: [pattern: string, matching: string[], others: string[]][] = [
    ['*', ['a', 'a/b/c'], []],
    ['task-sentinel/*', ['a', 'a/b/c'], []],
    ['tasks/*', ['tasks/1', 'tasks/1/state'], ['tasks', 'workers/1']],
    ['tasks/*/state', ['tasks/1/state'], ['tasks/1/2/state', 'tasks/state']],
    ['high-priority-*', ['high-priority-1'], ['high-priority-1/state', 'high']],
    ['**/state', ['tasks/1/state', 'state'], ['tasks/1']],
    ['tasks/1', ['tasks/1'], ['tasks/1/state']],
  ];
  test.each(cases)('%s matches %j and not %j', (given, matching, others) => {
    const full = pattern(given);
    for (const each of matching) expect(matches(full, key(each)), each).toBe(true);
    for (const each of others) expect(matches(full, key(each)), each).toBe(false);
  });

  test('means nothing outside the namespace, and the same when it is translated twice', () => {
    const segment = fc.constantFrom('*', '**', 'a', 'b*', 'task-sentinel');
    const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'));
    const name = fc.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(path, name, (given, segments) => {
        const full = pattern(given);
        const other = `elsewhere/${segments.join('/')}`;
        expect(matches(full, other)).toBe(false);
        expect(matches(pattern(full), `task-sentinel/${other}`)).toBe(
          matches(full, `task-sentinel/${other}`),
        );
      }),
    );
  });
});
