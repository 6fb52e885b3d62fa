import { expect, test } from 'vitest';
import { allows, type Grant, readsEverything } from './grant.ts';

const reader: Grant = { pattern: 'docs/**', access: 'read' };
const writer: Grant = { pattern: 'tasks/*', access: 'write' };
const admin: Grant = { pattern: 'all/**', access: 'admin' };

test.each([
  ['read', 'docs/a', true],
  ['write', 'docs/a', false],
  ['read', 'tasks/1', true],
  ['write', 'tasks/1', true],
  ['admin', 'tasks/1', false],
  ['write', 'tasks/1/state', false],
  ['read', 'all/x', true],
  ['write', 'all/x', true],
  ['admin', 'all/x', true],
  ['read', 'other', false],
] as const)('%s of %s: %s', (access, key, allowed) => {
  expect(allows([reader, writer, admin], access, key)).toBe(allowed);
});

test('without grants nothing is allowed', () => {
  expect(allows([], 'read', 'a')).toBe(false);
  expect(readsEverything([])).toBe(false);
});

test('only ** reads everything', () => {
  expect(readsEverything([reader, { pattern: '**', access: 'read' }])).toBe(true);
  expect(readsEverything([{ pattern: '*', access: 'admin' }, reader])).toBe(false);
});
