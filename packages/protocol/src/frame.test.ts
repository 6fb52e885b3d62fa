import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { parseClientFrame } from './client-frame.ts';
import { LIMITS } from './limits.ts';
import type { Parsed } from './parse-frame.ts';
import { parseServerFrame } from './server-frame.ts';

const put = { op: 'put', key: 'a', seen: {}, hlc: { wallMs: 1, counter: 0 }, value: 1 };
const batch = { client: 'outbox', n: 1, ops: [put] };

const envelope = (type: string, payload: unknown) => ({ type, id: 'q1', timestamp: 1, payload });
const frame = (type: string, payload: unknown) => JSON.stringify(envelope(type, payload));
const write = (payload: unknown) => frame('write', payload);
const writeOf = (op: object) => write({ ...batch, ops: [{ ...put, ...op }] });

/** JSON text with a field `__proto__`, which an object literal cannot have. */
const withProto = (text: string, at: string) => text.replace(at, `${at}"__proto__":{"admin":true},`);

const codeOf = (parsed: Parsed<unknown>) => (parsed.ok ? 'accepted' : parsed.error.code);
const idOf = (parsed: Parsed<unknown>) => (parsed.ok ? 'accepted' : parsed.id);

describe('accepts', () => {
  test.each([
    ['connect', { protocolVersion: 1, subscriptions: ['**', 'tasks/*'] }],
    ['connect', { protocolVersion: 99, subscriptions: [], cursor: { epoch: 'e', seq: [0] } }],
    ['disconnect', {}],
    ['ping', {}],
    ['heartbeat', {}],
    ['heartbeat', { cursor: { epoch: 'e', seq: [7] } }],
    ['subscribe', { patterns: ['a'] }],
    ['unsubscribe', { patterns: ['a'] }],
    ['catch-up', {}],
    ['catch-up', { cursor: { epoch: 'e', seq: [7] } }],
    ['catch-up', { page: 'anything' }],
    ['write', batch],
    ['write', { ...batch, resend: true, ops: [{ ...put, expectedVersion: 0, seen: { a: 1 } }] }],
  ])('%s %j', (type, payload) => {
    expect(parseClientFrame(frame(type, payload))).toEqual({ ok: true, frame: envelope(type, payload) });
  });

  const { value: _, op: __, ...target } = put;
  test.each([
    {
      ...put,
      tags: ['a'.repeat(64), 'ü'],
      importance: 1,
      entities: [],
      ttlMs: 1,
      strategy: 'set',
      seenSeq: 1,
    },
    { ...put, relationships: [{ from: 'a', type: 't', to: 'b' }] },
    { ...target, op: 'increment', by: -3 },
    { ...target, op: 'change-set', add: ['x', null], remove: [{ a: 1 }] },
    { ...target, op: 'delete', importance: 0.5, strategy: 'importance' },
  ])('the operation %j', (op) => {
    expect(codeOf(parseClientFrame(write({ ...batch, ops: [op] })))).toBe('accepted');
  });

  test.each([
    { ...put, tags: Array.from({ length: 33 }, String) },
    { ...put, tags: [''] },
    { ...put, tags: ['a'.repeat(65)] },
    { ...put, entities: ['\ud800'] },
    { ...put, importance: 1.1 },
    { ...put, relationships: [{ from: 'a', type: 't' }] },
    { ...put, relationships: [{ from: 'a', type: 't', to: 'b', extra: 1 }] },
    { ...put, ttlMs: 0 },
    { ...put, ttlMs: LIMITS.ttlMs + 1 },
    { ...put, strategy: 'luck' },
    { ...put, by: 1 },
    { ...target, op: 'increment', by: 0.5 },
    { ...target, op: 'increment', by: Number.MAX_SAFE_INTEGER + 1 },
    { ...target, op: 'change-set', add: Array.from({ length: LIMITS.setChanges + 1 }, String) },
  ])('but not %j', (op) => {
    expect(codeOf(parseClientFrame(write({ ...batch, ops: [op] })))).not.toBe('accepted');
  });

  test('a write in the year 9999: the decision clamps it', () => {
    const hlc = { wallMs: Date.UTC(9999, 11, 31), counter: 0 };
    expect(codeOf(parseClientFrame(writeOf({ hlc })))).toBe('accepted');
  });

  test('$set, constructor and the like, as keys and as fields', () => {
    const value = { $set: { a: 1 }, constructor: { prototype: 1 }, 'a.b': 2 };
    expect(codeOf(parseClientFrame(writeOf({ key: '$set/constructor', value })))).toBe('accepted');
  });

  test('an instance called like a property that every object has, in a clock', () => {
    const parsed = parseClientFrame(writeOf({ seen: { constructor: 1, valueOf: 2 } }));
    expect(parsed).toMatchObject({ frame: { payload: { ops: [{ seen: { constructor: 1, valueOf: 2 } }] } } });
  });

  test('a batch of exactly 96 KB', () => {
    const room = LIMITS.batchBytes - Buffer.byteLength(writeOf({ value: '' }));
    expect(codeOf(parseClientFrame(writeOf({ value: 'v'.repeat(room) })))).toBe('accepted');
    expect(codeOf(parseClientFrame(writeOf({ value: 'v'.repeat(room + 1) })))).toBe('batch-too-large');
  });
});

const tenThousandCounters = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`i${i}`, 1]));
const deep = (text: string) => `${'['.repeat(60_000)}${text}${']'.repeat(60_000)}`;

describe('refuses what is not even a frame, without an id to answer to', () => {
  test.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['half a frame', write(batch).slice(0, -1)],
    ['two frames', write(batch) + write(batch)],
    ['null', 'null'],
    ['a boolean', 'true'],
    ['a number', '12'],
    ['a string', '"write"'],
    ['an array', '[]'],
    ['an array of a frame', `[${write(batch)}]`],
    ['an empty object', '{}'],
    ['120 KB of brackets', deep('')],
    ['120 KB of objects in objects', `${'{"a":'.repeat(24_000)}1${'}'.repeat(24_000)}`],
    ['no id', '{"type":"ping","timestamp":1,"payload":{}}'],
    ['an id that is a number', '{"type":"ping","id":1,"timestamp":1,"payload":{}}'],
    ['a type that is no text', '{"type":["ping"],"id":"q1","timestamp":1,"payload":{}}'],
    ['an id of 65 characters', JSON.stringify({ ...envelope('ping', {}), id: 'i'.repeat(65) })],
  ])('%s', (_, text) => {
    const parsed = parseClientFrame(text);
    expect(codeOf(parsed)).toBe('bad-frame');
    expect(idOf(parsed)).toBe('');
  });
});

describe('refuses with the id of the request', () => {
  test.each([
    ['unknown-type', 'a type that nobody knows', frame('wrote', {})],
    ['unknown-type', 'no type', frame('', {})],
    ['unknown-type', 'a type of the other direction', frame('changes', {})],
    ['unknown-type', 'a type that every object has', frame('constructor', {})],
    ['unknown-type', '__proto__ as type', frame('__proto__', {})],
    ['bad-request', 'no payload', frame('ping', undefined)],
    ['bad-request', 'null as payload', frame('write', null)],
    ['bad-request', 'an array as payload', frame('write', [])],
    [
      'bad-request',
      'a field too many in the envelope',
      JSON.stringify({ ...envelope('ping', {}), space: 'x' }),
    ],
    ['bad-request', 'a field too many in the payload', frame('ping', { space: 'x' })],
    ['bad-request', 'a field too many in an operation', writeOf({ author: 'x' })],
    [
      'bad-request',
      'a timestamp that is no 48-bit millisecond',
      frame('ping', {}).replace(':1,', `:${2 ** 48},`),
    ],
    ['bad-request', 'a negative timestamp', frame('ping', {}).replace(':1,', ':-1,')],
    ['bad-request', 'a timestamp that is text', frame('ping', {}).replace(':1,', ':"1",')],
    ['bad-request', '120 KB of brackets as payload', frame('write', 0).replace(':0', `:${deep('')}`)],
    ['bad-request', 'a batch without operations', write({ ...batch, ops: [] })],
    ['bad-request', 'a batch without a number', write({ ...batch, n: 0 })],
    ['bad-request', 'a client that is no name', write({ ...batch, client: '__proto__' })],
    ['bad-request', 'an operation that nobody knows', writeOf({ op: 'patch' })],
    ['bad-request', 'a deletion with a value', writeOf({ op: 'delete' })],
    ['bad-request', 'a put without a value', writeOf({ value: undefined })],
    ['bad-request', 'an expected version that is none', writeOf({ expectedVersion: -1 })],
    [
      'bad-request',
      'a write time that is no 48-bit millisecond',
      writeOf({ hlc: { wallMs: 2 ** 48, counter: 0 } }),
    ],
    ['bad-request', 'a write time before 1970', writeOf({ hlc: { wallMs: -1, counter: 0 } })],
    ['bad-request', 'a write counter beyond 16 bits', writeOf({ hlc: { wallMs: 1, counter: 65_536 } })],
    ['bad-key', 'an empty key', writeOf({ key: '' })],
    ['bad-key', 'an empty segment', writeOf({ key: 'a//b' })],
    ['bad-key', 'nine segments', writeOf({ key: 'a/b/c/d/e/f/g/h/i' })],
    ['bad-key', 'a key over 512 bytes', writeOf({ key: 'é'.repeat(257) })],
    ['bad-key', '__proto__ as key', writeOf({ key: '__proto__' })],
    ['bad-key', 'half a character', writeOf({ key: '\ud800' })],
    [
      'bad-value',
      'a number that JSON can say and no number can hold',
      writeOf({}).replace(/1\}\]/, '1e999}]'),
    ],
    ['bad-value', 'half a character in a value', writeOf({ value: ['\udc00'] })],
    ['bad-value', '90 KB of brackets', writeOf({}).replace(/1\}\]/, `${deep('')}}]`)],
    ['bad-value', '__proto__ in a value', withProto(writeOf({ value: { b: 1 } }), '"value":{')],
    ['bad-pattern', 'an empty pattern', frame('subscribe', { patterns: [''] })],
    [
      'bad-pattern',
      '17 segments',
      frame('connect', { protocolVersion: 1, subscriptions: ['**/'.repeat(16).concat('a')] }),
    ],
    ['bad-request', '101 patterns', frame('subscribe', { patterns: Array(101).fill('a') })],
    ['bad-clock', '10,000 counters', writeOf({ seen: tenThousandCounters })],
    [
      'bad-clock',
      '65 counters',
      writeOf({ seen: Object.fromEntries(Object.entries(tenThousandCounters).slice(0, 65)) }),
    ],
    ['bad-clock', 'a counter of 0', writeOf({ seen: { a: 0 } })],
    ['bad-clock', 'half a counter', writeOf({ seen: { a: 0.5 } })],
    ['bad-clock', 'a counter that no number holds exactly', writeOf({ seen: { a: 2 ** 53 } })],
    ['bad-clock', 'a counter that is text', writeOf({ seen: { a: '1' } })],
    ['bad-clock', 'a clock that is an array', writeOf({ seen: [] })],
    ['bad-clock', 'a clock that is null', writeOf({ seen: null })],
    ['bad-clock', 'no clock', writeOf({ seen: undefined })],
    ['bad-clock', '__proto__ as instance', withProto(writeOf({ seen: { a: 1 } }), '"seen":{')],
    ['bad-clock', 'a counter of nobody', writeOf({ seen: { '': 1 } })],
    ['batch-too-large', '101 operations', write({ ...batch, ops: Array(101).fill(put) })],
    ['batch-too-large', 'more than 96 KB', writeOf({ value: 'v'.repeat(LIMITS.batchBytes) })],
    [
      'batch-too-large',
      'more than 96 KB in fewer characters',
      writeOf({ value: '€'.repeat(LIMITS.batchBytes / 3) }),
    ],
    ['bad-request', 'a cursor without an epoch', frame('catch-up', { cursor: { epoch: '', seq: [1] } })],
    ['bad-request', 'a cursor before the log', frame('catch-up', { cursor: { epoch: 'e', seq: [-1] } })],
    ['bad-request', 'a cursor of no partition', frame('heartbeat', { cursor: { epoch: 'e', seq: [] } })],
    [
      'bad-request',
      'a cursor and a page',
      frame('catch-up', { cursor: { epoch: 'e', seq: [1] }, page: 'p' }),
    ],
    ['bad-request', 'a page token of 2049 characters', frame('catch-up', { page: 'p'.repeat(2049) })],
  ])('%s: %s', (code, _, text) => {
    const parsed = parseClientFrame(text);
    expect(codeOf(parsed)).toBe(code);
    expect(idOf(parsed)).toBe('q1');
  });

  test.each(['{', '"payload":{', '"ops":[{', '"hlc":{', '"seen":{', '"value":{'])(
    '__proto__ as a field after %s, and no object is changed by it',
    (at) => {
      const text = withProto(writeOf({ value: { b: 1 }, seen: { a: 1 } }), at);
      expect(text).toContain('__proto__');
      expect(codeOf(parseClientFrame(text))).toMatch(/^bad-(request|clock|value)$/);
      expect(({} as { admin?: boolean }).admin).toBeUndefined();
    },
  );
});

test('a refusal names the field, and what it says is small, however big the frame was', () => {
  z.config(z.locales.en());
  const parsed = parseClientFrame(frame('ping', { ['x'.repeat(100_000)]: 1 }));
  expect(codeOf(parsed)).toBe('bad-request');
  expect(parsed).toMatchObject({ error: { retryable: false, details: { path: 'payload' } } });
  expect(JSON.stringify(parsed).length).toBeLessThan(1000);
});

test('an unknown type is repeated shortened', () => {
  const parsed = parseClientFrame(frame('t'.repeat(100_000), {}));
  expect(codeOf(parsed)).toBe('unknown-type');
  expect(JSON.stringify(parsed).length).toBeLessThan(1000);
});

describe('whatever arrives, parsing answers', () => {
  const parsers = [parseClientFrame, parseServerFrame];

  test('any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        for (const parse of parsers) {
          const parsed = parse(text);
          if (!parsed.ok) expect(parsed.id.length).toBeLessThanOrEqual(64);
        }
      }),
    );
  });

  test('any envelope around anything', () => {
    const type = fc.oneof(fc.constantFrom('write', 'connect', 'catch-up', 'changes', 'error'), fc.string());
    fc.assert(
      fc.property(type, fc.string({ maxLength: 64 }), fc.jsonValue(), (name, id, payload) => {
        const text = JSON.stringify({ type: name, id, timestamp: 1, payload });
        for (const parse of parsers) {
          const parsed = parse(text);
          if (!parsed.ok) expect(parsed.id).toBe(JSON.parse(text).id);
        }
      }),
    );
  });

  test('a good frame in which one part was replaced', () => {
    const good = JSON.parse(writeOf({ seen: { a: 1 }, value: { b: [1] } })) as object;
    const paths = pathsOf(good);
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const parsed = parseClientFrame(JSON.stringify(replaceAt(good, path, value)));
        if (parsed.ok) expect(parsed.frame.type).toBe('write');
      }),
    );
  });
});

function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [
    [],
    ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner).map((rest) => [name, ...rest])),
  ];
}

function replaceAt(value: unknown, [name, ...rest]: string[], by: unknown): unknown {
  if (name === undefined) return by;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[name] = replaceAt(copy[name], rest, by);
  return copy;
}
