import type { ErrorCode } from '@mnemon/protocol';

/** A text that the service refuses as a whole: why, and with which code. */
export interface BadFrame {
  what: string;
  text: string;
  code: ErrorCode;
  /** What the refusal repeats; '' where the frame has no readable one. */
  id: string;
}

const ID = 'bad';
const now = Date.now();
const op = { op: 'put', key: 'a', value: 1, seen: {}, hlc: { wallMs: now, counter: 0 } };
const batch = { client: 'client', n: 1, ops: [op] };

const envelope = (type: unknown, payload: unknown): string =>
  JSON.stringify({ type, id: ID, timestamp: now, payload });
const write = (payload: unknown): string => envelope('write', payload);
const writeOp = (changed: object): string => write({ ...batch, ops: [{ ...op, ...changed }] });
/** With `json` in the place of the value: what JSON.stringify would never write. */
const withRaw = (text: string, field: string, json: string): string =>
  text.replace(new RegExp(`"${field}":(\\{\\}|[^,}]+)`), `"${field}":${json}`);

const bad = (code: ErrorCode, what: string, text: string, id = ID): BadFrame => ({ code, what, text, id });
const counters = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`i${i.toString(36)}`, 1]));

export const badFrames: BadFrame[] = [
  bad('bad-frame', 'no JSON', 'hello', ''),
  bad('bad-frame', 'nothing at all', '', ''),
  bad('bad-frame', 'half of a frame', writeOp({}).slice(0, 80), ''),
  bad('bad-frame', 'JSON that is no object', '[1,2,3]', ''),
  bad('bad-frame', 'null', 'null', ''),
  bad(
    'bad-frame',
    'a frame without an id',
    JSON.stringify({ type: 'ping', timestamp: now, payload: {} }),
    '',
  ),
  bad('bad-frame', 'an id without end', envelope('ping', {}).replace(ID, 'x'.repeat(65)), ''),
  bad('bad-frame', 'a type that is no text', envelope(7, {}), ''),
  bad('bad-frame', 'ten thousand brackets', '['.repeat(10_000), ''),
  bad('unknown-type', 'an unknown type', envelope('steal', {})),
  bad('unknown-type', 'a type that every object inherits', envelope('constructor', {})),
  bad('unknown-type', 'what only a server says', envelope('changes', { epoch: 'e', commits: [] })),
  bad('bad-request', 'a payload of another type', write('everything')),
  bad('bad-request', 'no operations', write({ ...batch, ops: [] })),
  bad('bad-request', 'an unknown operation', writeOp({ op: 'drop' })),
  bad('bad-request', 'a field too many', writeOp({ $where: '1' })),
  bad(
    'bad-request',
    'an operation with __proto__',
    writeOp({}).replace('{"op"', '{"__proto__":{"value":2},"op"'),
  ),
  bad(
    'bad-request',
    'a payload with __proto__',
    writeOp({}).replace('"payload":{', '"payload":{"__proto__":{"n":2},'),
  ),
  bad('bad-request', 'a batch number below 1', write({ ...batch, n: 0 })),
  bad('bad-request', 'a client named like a path', write({ ...batch, client: '../a' })),
  bad('bad-request', 'a frame from before 1970', writeOp({}).replace(/"timestamp":\d+/, '"timestamp":-1')),
  bad('bad-request', 'a time beyond 48 bits', writeOp({ hlc: { wallMs: 2 ** 48, counter: 0 } })),
  bad('bad-request', 'a time that is no integer', writeOp({ hlc: { wallMs: now + 0.5, counter: 0 } })),
  bad('bad-request', 'a time that is text', writeOp({ hlc: { wallMs: `${now}`, counter: 0 } })),
  bad('bad-request', 'a counter beyond 16 bits', writeOp({ hlc: { wallMs: now, counter: 2 ** 16 } })),
  bad('bad-request', 'a value left out', writeOp({ value: undefined })),
  bad('bad-key', 'an empty key', writeOp({ key: '' })),
  bad('bad-key', 'an empty segment', writeOp({ key: 'a//b' })),
  bad('bad-key', 'a slash at the end', writeOp({ key: 'a/' })),
  bad('bad-key', 'nine segments', writeOp({ key: 'a/b/c/d/e/f/g/h/i' })),
  bad('bad-key', 'a key of 513 bytes', writeOp({ key: 'ä'.repeat(256).concat('a') })),
  bad('bad-key', 'a control character', writeOp({ key: 'a\u0000b' })),
  bad('bad-key', 'half a character', writeOp({ key: 'a\ud800' })),
  bad('bad-key', 'the key __proto__', writeOp({ key: '__proto__' })),
  bad('bad-key', 'the segment __proto__', writeOp({ key: 'a/__proto__/b' })),
  bad('bad-value', 'the field __proto__', withRaw(writeOp({}), 'value', '{"__proto__":{"admin":true}}')),
  bad('bad-value', '__proto__ further down', withRaw(writeOp({}), 'value', '[{"a":{"__proto__":1}}]')),
  bad('bad-value', 'half a character in a value', writeOp({ value: 'a\udfff' })),
  bad('bad-value', 'a number beyond all numbers', withRaw(writeOp({}), 'value', '1e999')),
  bad(
    'bad-value',
    'a value of 65 levels',
    withRaw(writeOp({}), 'value', `${'['.repeat(66)}${']'.repeat(66)}`),
  ),
  bad(
    'bad-value',
    'ten thousand levels',
    withRaw(writeOp({}), 'value', `${'['.repeat(10_000)}${']'.repeat(10_000)}`),
  ),
  bad('bad-clock', 'a clock of 10,000 counters', writeOp({ seen: counters(10_000) })),
  bad('bad-clock', 'a clock that counts for __proto__', withRaw(writeOp({}), 'seen', '{"__proto__":1}')),
  bad('bad-clock', 'a clock that counts backwards', writeOp({ seen: { a: -1 } })),
  bad('bad-clock', 'a clock that is a list', writeOp({ seen: [1] })),
  bad('batch-too-large', '101 operations', write({ ...batch, ops: Array(101).fill(op) })),
  bad(
    'batch-too-large',
    'more than 96 KB',
    write({ ...batch, ops: Array(2).fill({ ...op, value: 'x'.repeat(50_000) }) }),
  ),
  bad('bad-pattern', 'a pattern with an empty segment', envelope('subscribe', { patterns: ['a//*'] })),
  bad('bad-pattern', 'a pattern with __proto__', envelope('subscribe', { patterns: ['__proto__/**'] })),
  bad('bad-request', '101 patterns', envelope('subscribe', { patterns: Array(101).fill('a') })),
  bad('bad-request', 'a cursor without an epoch', envelope('catch-up', { cursor: { seq: [0] } })),
  bad(
    'bad-request',
    'a cursor before the start',
    envelope('catch-up', { cursor: { epoch: 'e', seq: [-1] } }),
  ),
  bad(
    'bad-request',
    'a cursor beyond all numbers',
    envelope('catch-up', { cursor: { epoch: 'e', seq: [1e300] } }),
  ),
  bad('bad-request', 'a page token without end', envelope('catch-up', { page: 'x'.repeat(2049) })),
  bad('bad-cursor', 'a garbled page token', envelope('catch-up', { page: 'garbage' })),
  bad('bad-cursor', 'an empty page token', envelope('catch-up', { page: '' })),
  bad(
    'bad-cursor',
    'a page token of something else',
    envelope('catch-up', { page: Buffer.from('{"of":"all"}').toString('base64url') }),
  ),
];
