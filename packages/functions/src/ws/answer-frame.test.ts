import { embeddedStore, memoryConnections, memoryEventBus, memoryFanout } from '@mnemon/adapters/memory';
import { type Caller, type Ports, Unavailable } from '@mnemon/core';
import {
  type Cursor,
  PROTOCOL_VERSION,
  parseServerFrame,
  type ServerFrame,
  spaceIdSchema,
} from '@mnemon/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { App } from '../compose.ts';
import { readSettings } from '../settings.ts';
import { issueToken, verifyToken } from '../token.ts';
import { answerFrame } from './answer-frame.ts';

const SECRET = 'a signing secret of enough characters';
const NOW_MS = Date.UTC(2026, 0, 1);
const settings = readSettings({ AUTH_SECRETS: SECRET }, true);

const caller = {
  space: 'team',
  instanceId: 'ann',
  userId: 'user-1',
  grants: [{ pattern: '**', access: 'write' }],
  tokenExpiresAtMs: NOW_MS + 1000,
  connectionId: 'c1',
  connectedAtMs: NOW_MS,
} as unknown as Caller;

let ports: Ports;
let frames: ServerFrame[];
let isClosed: boolean;
let logged: string[];

beforeEach(() => {
  frames = [];
  isClosed = false;
  logged = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => logged.push(String(line)) > 0);
  const fanout = memoryFanout();
  fanout.attach(caller.connectionId, {
    receive: (text) => {
      const parsed = parseServerFrame(text);
      if (!parsed.ok) throw new Error(parsed.error.message);
      frames.push(parsed.frame);
    },
    closed: () => {
      isClosed = true;
    },
  });
  const { close: _, ...storage } = embeddedStore();
  let ids = 0;
  ports = {
    ...storage,
    fanout,
    connections: memoryConnections({ staleAfterMs: settings.STALE_MS }),
    bus: memoryEventBus(),
    clock: { now: () => NOW_MS },
    randomId: () => `id-${++ids}`,
  };
});
afterEach(() => vi.restoreAllMocks());

const appWith = (changes: Partial<App> = {}): App => ({
  ports,
  settings,
  limit: async () => undefined,
  takeWrite: () => 0,
  verify: (token, nowMs) => verifyToken(token, [SECRET], nowMs),
  pause: async () => {},
  ...changes,
});
const say = (type: string, payload: unknown, app: Partial<App> = {}, by = caller) =>
  answerFrame(appWith(app), by, JSON.stringify({ type, id: 'q1', timestamp: 1, payload }));
const greet = () => say('connect', { protocolVersion: PROTOCOL_VERSION, subscriptions: ['**'] });
const batch = {
  client: 'outbox',
  n: 1,
  ops: [{ op: 'put', key: 'a', seen: {}, hlc: { wallMs: NOW_MS, counter: 0 }, value: 'private' }],
};
const answers = () => frames.map(({ type, id }) => [type, id]);
const errors = () => frames.map((frame) => (frame.type === 'error' ? frame.payload.code : frame.type));

describe('every request gets one answer with its id', () => {
  test.each([
    ['ping', {}, 'pong'],
    ['heartbeat', {}, 'heartbeat'],
    ['subscribe', { patterns: ['a/*'] }, 'caught-up'],
    ['unsubscribe', { patterns: ['**'] }, 'unsubscribe'],
    ['catch-up', {}, 'caught-up'],
    ['history', { key: 'a' }, 'history'],
    ['state-request', { scope: { prefix: '' } }, 'state-response'],
    ['diff', { scope: { key: 'a' }, from: { timeMs: NOW_MS } }, 'diff'],
    ['write', batch, 'changes'],
  ])('%s', async (type, payload, answer) => {
    await greet();
    frames.length = 0;
    await say(type, payload);
    expect(answers()).toEqual([[answer, 'q1']]);
    expect(frames[0]?.timestamp).toBe(NOW_MS);
  });

  test('connect', async () => {
    await greet();
    expect(frames).toMatchObject([{ type: 'connected', id: 'q1', payload: { heartbeatMs: 25_000 } }]);
  });

  test('disconnect, which is not answered but closed', async () => {
    await greet();
    await say('disconnect', {});
    expect(answers()).toEqual([['connected', 'q1']]);
    expect(isClosed).toBe(true);
    expect(await ports.connections.list(caller.space, NOW_MS)).toEqual([]);
  });
});

describe('what needs the grant to administer', () => {
  const admin: Caller = { ...caller, grants: [{ pattern: '**', access: 'admin' }] };
  const tokenOf = (space: string, access: 'write' | 'admin') =>
    issueToken(
      {
        sub: 'user-1',
        space: spaceIdSchema.parse(space),
        instance: 'ann',
        grants: [{ pattern: '**', access }],
        exp: NOW_MS / 1000 + 60,
      },
      SECRET,
    );
  const cursorOf = async () => (await ports.log.head(caller.space)) as Cursor;
  const requests = async () => [
    { action: 'stats' },
    { action: 'rebuild', scope: { prefix: '' } },
    { action: 'restore', scope: { key: 'a' }, to: { ...(await cursorOf()), seq: [0] } },
    { action: 'fork', cursor: await cursorOf(), token: await tokenOf('copy', 'admin') },
  ];

  test('is done for who has it', async () => {
    await say('write', batch);
    for (const request of await requests()) {
      frames.length = 0;
      await say('admin', request, {}, admin);
      expect(frames.map(({ type, id }) => [type, id])).toEqual([['admin', 'q1']]);
      expect(frames[0]?.payload).toMatchObject({ action: request.action, result: {} });
    }
    expect(await ports.log.head(caller.space)).toMatchObject({ seq: [2] });
    expect(await ports.log.head('copy' as typeof caller.space)).toMatchObject({ seq: [2] });
  });

  test('is forbidden to who has not', async () => {
    await say('write', batch);
    frames.length = 0;
    for (const request of await requests()) await say('admin', request);
    expect(errors()).toEqual(Array(4).fill('forbidden'));
  });

  test('takes a token of the space to make, an administrator’s and valid', async () => {
    await say('write', batch);
    frames.length = 0;
    for (const token of [await tokenOf('copy', 'write'), 'no token', await tokenOf('team', 'admin')]) {
      await say('admin', { action: 'fork', cursor: await cursorOf(), token }, {}, admin);
    }
    expect(errors()).toEqual(['forbidden', 'unauthorized', 'conflict']);
  });
});

describe('answers an error, and the connection stays open', () => {
  afterEach(() => expect(isClosed).toBe(false));

  test.each([
    ['bad-frame', 'no frame'],
    ['bad-frame', ''],
    ['bad-frame', '[]'],
    ['unknown-type', '{"type":"x","id":"q1","timestamp":1,"payload":{}}'],
    ['bad-request', '{"type":"ping","id":"q1","timestamp":1,"payload":{"a":1}}'],
    ['bad-pattern', '{"type":"subscribe","id":"q1","timestamp":1,"payload":{"patterns":[""]}}'],
  ])('%s to %s', async (code, text) => {
    await answerFrame(appWith(), caller, text);
    expect(errors()).toEqual([code]);
  });

  test('rate-limited to who writes too fast, with the time to wait; nothing is written', async () => {
    await greet();
    await say('write', batch, { takeWrite: () => 250 });
    expect(frames.at(-1)).toMatchObject({
      type: 'error',
      id: 'q1',
      payload: { code: 'rate-limited', retryable: true, retryAfterMs: 250 },
    });
    expect(await ports.log.head('team' as never)).toMatchObject({ seq: [0] });
  });

  test('not-connected to who has not said connect', async () => {
    await say('heartbeat', {});
    await say('subscribe', { patterns: ['**'] });
    await say('unsubscribe', { patterns: ['**'] });
    await say('catch-up', {});
    expect(errors()).toEqual(Array(4).fill('not-connected'));
  });

  test('bad-cursor to a page token from elsewhere', async () => {
    await greet();
    await say('catch-up', { page: 'elsewhere' });
    expect(errors()).toEqual(['connected', 'bad-cursor']);
  });

  test('bad-request to the longest wrong field name, in a frame that fits', async () => {
    await say('ping', { ['n'.repeat(120_000)]: 1 });
    expect(errors()).toEqual(['bad-request']);
    expect(JSON.stringify(frames).length).toBeLessThan(1000);
  });

  test('unavailable, to come again, when a backend is; the log names the backend and no values', async () => {
    const append = async () => {
      throw new Unavailable('the store', { cause: new Error('connection refused') });
    };
    await say('write', batch, { ports: { ...ports, log: { ...ports.log, append } } });
    expect(frames).toMatchObject([
      { type: 'error', id: 'q1', payload: { code: 'unavailable', retryable: true, retryAfterMs: 500 } },
    ]);
    expect(logged).toHaveLength(1);
    expect(JSON.parse(logged[0] ?? '')).toMatchObject({
      level: 'ERROR',
      type: 'write',
      id: 'q1',
      space: 'team',
    });
    expect(logged[0]).toContain('the store is not available');
    expect(logged[0]).not.toContain('private');
  });

  test('internal to a failure that nobody foresaw, without telling its cause', async () => {
    const head = async () => {
      throw new TypeError('secrets of the house');
    };
    await greet();
    await say('heartbeat', {}, { ports: { ...ports, log: { ...ports.log, head } } });
    expect(errors()).toEqual(['connected', 'internal']);
    expect(JSON.stringify(frames)).not.toContain('secrets of the house');
    expect(logged[0]).toContain('secrets of the house');
  });

  test('contention to a batch that waits in vain', async () => {
    await greet();
    const put = async () => ({ waitedMs: 3_000 });
    await ports.inbox.acquireLease({ space: caller.space, partition: 0 }, 'another', 60_000);
    await say('write', batch, { ports: { ...ports, inbox: { ...ports.inbox, put } } });
    expect(errors()).toEqual(['connected', 'contention']);
  });
});

describe('refuses a connection for good, and closes it', () => {
  afterEach(() => expect(isClosed).toBe(true));

  test('unsupported-version to who speaks another', async () => {
    await say('connect', { protocolVersion: 99, subscriptions: [] });
    expect(errors()).toEqual(['unsupported-version']);
  });

  test('replaced to who says connect after a later connection of the instance has', async () => {
    const later = { ...caller, connectionId: 'c2', connectedAtMs: caller.connectedAtMs + 1 };
    await ports.connections.put({ ...later, subscriptions: [], lastSeenAtMs: NOW_MS });
    await greet();
    expect(answers()).toEqual([['error', 'q1']]);
    expect(errors()).toEqual(['replaced']);
  });
});

test('a write needs no connect: it is committed, and acked to the connection that it came on', async () => {
  await say('write', batch);
  expect(frames).toMatchObject([{ type: 'changes', id: 'q1', payload: { acks: [{ n: 1, commit: {} }] } }]);
  expect(await ports.log.head(caller.space)).toMatchObject({ seq: [1] });
});

test('with an expired token the frame is not looked at: the connection is told and closed', async () => {
  await greet();
  frames.length = 0;
  await say('write', batch, {}, { ...caller, tokenExpiresAtMs: NOW_MS });
  expect(frames).toMatchObject([{ type: 'disconnect', payload: { code: 'token-expired' } }]);
  expect(isClosed).toBe(true);
  expect(await ports.log.head(caller.space)).toMatchObject({ seq: [0] });
});

test('an answer to who has gone in the meantime is nobody’s failure', async () => {
  await ports.fanout.close(caller.connectionId);
  await expect(say('ping', {})).resolves.toBeUndefined();
});
