import type { Identity } from '@mnemon/core';
import { expect, test } from 'vitest';
import { callerOf, toContext } from './caller-context.ts';

const caller = {
  space: 'team',
  instanceId: 'app-1',
  userId: 'user "1"',
  grants: [{ pattern: 'tasks/**', access: 'write' }],
  tokenExpiresAtMs: 1_767_225_600_000,
} as unknown as Identity;

const CONNECTED_AT = 1_767_225_500_000;
const contextOf = (context: unknown) => ({
  connectionId: 'c1',
  connectedAt: CONNECTED_AT,
  authorizer: context,
});

test('who was authorized comes back from the flat strings of later events', () => {
  const context = toContext(caller);
  expect(Object.values(context).every((value) => typeof value === 'string')).toBe(true);
  expect(callerOf(contextOf(context))).toEqual({
    ...caller,
    connectionId: 'c1',
    connectedAtMs: CONNECTED_AT,
  });
});

test.each([
  ['no context', undefined],
  ['no authorizer', { ...contextOf(undefined), authorizer: undefined }],
  ['no connection id', { ...contextOf(toContext(caller)), connectionId: undefined }],
  ['no time of its connection', { ...contextOf(toContext(caller)), connectedAt: undefined }],
  ['no caller', contextOf({})],
  ['a caller that is no JSON', contextOf({ caller: 'nobody' })],
  ['a caller without grants', contextOf({ caller: JSON.stringify({ ...caller, grants: undefined }) })],
  ['a space that is no name', contextOf({ caller: JSON.stringify({ ...caller, space: '' }) })],
])('an event with %s did not come through the gateway', (_, context) => {
  expect(() => callerOf(context)).toThrow();
});
