import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePage, encodePage, type Page } from './page-token.ts';

const cursor = fc.record({
  epoch: fc.string({ minLength: 1, maxLength: 64 }),
  seq: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
});
const page: fc.Arbitrary<Page> = fc.oneof(
  fc.record({ of: fc.constant('log' as const), cursor, part: fc.nat() }),
  fc.record(
    {
      of: fc.constant('state' as const),
      cursor,
      reason: fc.constantFrom('no-cursor', 'other-epoch', 'past-head', 'too-far', 'compacted', 'subscribed'),
      afterKey: fc.string({ unit: 'grapheme', maxLength: 100 }),
    },
    { requiredKeys: ['of', 'cursor', 'reason'] },
  ),
);

test('a page comes back from its token', () => {
  fc.assert(
    fc.property(page, (each) => {
      expect(decodePage(encodePage(each))).toEqual(each);
      expect(encodePage(each)).toMatch(/^[A-Za-z0-9_-]+$/);
    }),
  );
});

test('the longest key gives a token that a frame may carry', () => {
  const token = encodePage({
    of: 'state',
    cursor: { epoch: 'e'.repeat(64), seq: [2 ** 53 - 1] },
    reason: 'other-epoch',
    afterKey: '"'.repeat(512),
  });
  expect(token.length).toBeLessThanOrEqual(2048);
});

test('garbage is no page, whatever it looks like', () => {
  const garbage = fc.oneof(
    fc.string(),
    fc.base64String(),
    fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')),
  );
  fc.assert(fc.property(garbage, (token) => decodePage(token) === undefined));
});

test.each([
  ['nothing', ''],
  ['another kind', { of: 'tasks', cursor: { epoch: 'e', seq: [1] } }],
  ['no cursor', { of: 'log', part: 0 }],
  ['a field too many', { of: 'log', cursor: { epoch: 'e', seq: [1] }, part: 0, space: 'other' }],
  ['a part before the first', { of: 'log', cursor: { epoch: 'e', seq: [1] }, part: -1 }],
  ['a seq before the first', { of: 'log', cursor: { epoch: 'e', seq: [-1] }, part: 0 }],
  ['a reason that nobody gives', { of: 'state', cursor: { epoch: 'e', seq: [1] }, reason: 'bored' }],
  [
    'a key that is no text',
    { of: 'state', cursor: { epoch: 'e', seq: [1] }, reason: 'too-far', afterKey: {} },
  ],
])('%s is no page', (_, page) => {
  expect(decodePage(Buffer.from(JSON.stringify(page)).toString('base64url'))).toBeUndefined();
});
