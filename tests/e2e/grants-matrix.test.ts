import { createHash } from 'node:crypto';
import type { Claims } from '@mnemon/functions/token';
import { PROTOCOL_VERSION, type SpaceId } from '@mnemon/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientFrameSchema } from '../../packages/protocol/src/client-frame.ts';
import { httpClient } from './http-client.ts';
import { openRaw } from './raw-client.ts';
import { batchOf, put } from './raw-writes.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const WHO = ['no token', 'other space', 'no grant', 'read', 'write', 'admin'] as const;
type Who = (typeof WHO)[number];

const GRANTS: Record<Who, Claims['grants']> = {
  'no token': [],
  'other space': [{ pattern: '**', access: 'admin' }],
  'no grant': [{ pattern: 'elsewhere/**', access: 'write' }],
  read: [{ pattern: '**', access: 'read' }],
  write: [{ pattern: '**', access: 'write' }],
  admin: [{ pattern: '**', access: 'admin' }],
};
const READERS: readonly Who[] = ['read', 'write', 'admin'];
const MAY_NOT_WRITE: readonly Who[] = ['no grant', 'read'];
const SECRET = 'what nobody else may know';
const LARGE = SECRET.repeat(3_000);
const LARGE_HASH = createHash('sha256').update(JSON.stringify(LARGE)).digest('hex');

interface Row {
  query?: string;
  json?: unknown;
  /** The statuses, in the order of `WHO`. */
  statuses: readonly number[];
  /** Whether an answer with 200 shows what is kept: to all readers, or to these. */
  shows?: boolean | readonly Who[];
}

const SCOPED = [401, 200, 403, 200, 200, 200];
const WRITES = [401, 200, 403, 403, 200, 200];
const MEMBERS = [401, 200, 200, 200, 200, 200];
const ADMINS = [401, 200, 403, 403, 403, 200];
const KEPT = { logMs: 40 * 24 * 60 * 60 * 1000, snapshotEveryCommits: 1_000 };

/** Of no log: who may go there is asked first. */
const BEGINNING = { epoch: 'none', seq: [0] };

/** Stands for a token of who administers a space that is not there yet. */
const NEW_SPACE = '<new space>';

/** Every route of the HTTP API. `:id` is a conflict of the space that is meant. */
const ROUTES: Record<string, Row> = {
  'get /health': { statuses: [200, 200, 200, 200, 200, 200] },
  'get /status': { statuses: MEMBERS },
  'get /entry': { query: 'key=tasks/1', statuses: [401, 404, 403, 200, 200, 200], shows: true },
  'get /value': {
    query: `key=docs/large&hash=${LARGE_HASH}`,
    statuses: [401, 404, 403, 200, 200, 200],
    shows: true,
  },
  'get /entries': { statuses: MEMBERS, shows: true },
  'get /search': { query: 'text=may', statuses: MEMBERS, shows: true },
  'get /history': { query: 'key=tasks/1', statuses: SCOPED, shows: true },
  'get /state': { query: 'key=tasks/1', statuses: SCOPED, shows: true },
  'get /diff': { query: 'key=tasks/1&from=1', statuses: SCOPED, shows: true },
  'get /events': { statuses: MEMBERS, shows: true },
  'get /conflicts': { statuses: MEMBERS, shows: true },
  'get /conflicts/stats': { statuses: SCOPED },
  'get /conflicts/{id}': { statuses: [401, 404, 404, 200, 200, 200], shows: true },
  'post /conflicts/{id}/resolve': { json: { value: 1 }, statuses: [401, 404, 404, 403, 200, 200] },
  'put /entry': { query: 'key=tasks/2', json: { value: 1 }, statuses: WRITES },
  'delete /entry': { query: 'key=tasks/1', statuses: WRITES },
  'post /entries': { json: { ops: [{ op: 'put', key: 'tasks/3', value: 1 }] }, statuses: MEMBERS },
  'get /nodes': { statuses: MEMBERS },
  'get /verify': { statuses: ADMINS },
  'get /policies': { statuses: MEMBERS },
  'put /policies': { json: { policies: [] }, statuses: ADMINS },
  'get /snapshots': { statuses: ADMINS },
  'post /snapshots': { statuses: ADMINS },
  'get /checkpoints': { statuses: ADMINS },
  'get /retention': { statuses: ADMINS },
  'put /retention': { json: KEPT, statuses: ADMINS },
  'get /stats': { statuses: ADMINS },
  'post /rebuild': { json: { scope: { prefix: '' } }, statuses: ADMINS },
  'post /restore': {
    json: { scope: { prefix: '' }, to: BEGINNING },
    statuses: [401, 400, 403, 403, 403, 400],
  },
  'post /fork': { json: { cursor: BEGINNING, token: NEW_SPACE }, statuses: [401, 400, 403, 403, 403, 400] },
  'post /epoch': { statuses: ADMINS },
  'post /locks/acquire': {
    json: { name: 'tasks/1/lock', attempt: 'first', leaseMs: 60_000 },
    statuses: WRITES,
  },
  'post /locks/renew': { json: { name: 'tasks/1/lock', token: 1, leaseMs: 60_000 }, statuses: WRITES },
  'post /locks/release': { json: { name: 'tasks/1/lock', token: 1 }, statuses: WRITES },
  'get /tasks': { query: 'state=pending', statuses: MEMBERS, shows: true },
  'get /tasks/count': { statuses: SCOPED },
  'get /task': { query: 'id=kept', statuses: [401, 404, 403, 200, 200, 200], shows: true },
  'post /tasks': { json: { id: 'made', value: 1 }, statuses: WRITES },
  'post /tasks/claim': { json: { attempt: 'first', leaseMs: 60_000 }, statuses: MEMBERS },
  'post /tasks/extend': { json: { id: 'made', attempt: 'first', leaseMs: 60_000 }, statuses: WRITES },
  'post /tasks/complete': { json: { id: 'made', attempt: 'first', result: 1 }, statuses: WRITES },
  'post /tasks/fail': {
    json: { id: 'made', attempt: 'first', error: 'no', retry: false },
    statuses: WRITES,
  },
  'get /events/stream': { statuses: MEMBERS, shows: true },
  'get /export': { statuses: [401, 200, 403, 403, 403, 200], shows: ['admin'] },
  'post /import': { json: {}, statuses: [401, 400, 403, 403, 403, 400] },
  'put /import/part': { query: 'upload=u&number=0', json: {}, statuses: [401, 204, 403, 403, 403, 204] },
  'post /import/parts': { json: { upload: 'u', parts: 1 }, statuses: [401, 400, 403, 403, 403, 400] },
  'post /tickets': { statuses: [401, 201, 201, 201, 201, 201] },
};

type Message = Parameters<Awaited<ReturnType<TestCloud['openRaw']>>['send']>[0];

const scope = { key: 'tasks/1' };
/** Every message of the WebSocket. `shows`: the answer holds what is kept. */
const MESSAGES: Record<Message['type'], { payload: object; shows?: boolean }> = {
  connect: { payload: { protocolVersion: PROTOCOL_VERSION, subscriptions: ['**'] }, shows: true },
  ping: { payload: {} },
  heartbeat: { payload: {} },
  subscribe: { payload: { patterns: ['tasks/*'] }, shows: true },
  unsubscribe: { payload: { patterns: ['tasks/*'] } },
  'catch-up': { payload: {}, shows: true },
  history: { payload: { key: 'tasks/1' }, shows: true },
  'state-request': { payload: { scope }, shows: true },
  diff: { payload: { scope, from: { timeMs: 1 } }, shows: true },
  read: { payload: { list: {} }, shows: true },
  conflict: { payload: { do: 'list' }, shows: true },
  nodes: { payload: {} },
  write: { payload: batchOf([put('tasks/9', 1)]) },
  lock: { payload: { do: 'acquire', name: 'tasks/1/lock', attempt: 'first', leaseMs: 1_000 } },
  task: { payload: { do: 'claim', attempt: 'first', leaseMs: 1_000 } },
  admin: { payload: { action: 'stats' } },
  disconnect: { payload: {} },
};

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud({}, { settings: { STREAM_MS: '500' } });
});
afterAll(() => cloud.close());

/** A space with an entry, and an open conflict on another. */
async function furnished(): Promise<{ space: SpaceId; conflictId: string }> {
  const space = cloud.newSpace();
  const [ann, ben] = [await httpClient(cloud, space, 'ann'), await httpClient(cloud, space, 'ben')];
  const json = { 'content-type': 'application/json' };
  const policies = JSON.stringify({ policies: [{ pattern: 'torn', strategy: 'custom' }] });
  await ann.put('tasks/1', SECRET);
  await ann.put('docs/large', LARGE);
  await ann.ask('/policies', { method: 'PUT', headers: json, body: policies });
  // In no hurry, or its claim would show it to whom may do it.
  const task = JSON.stringify({ id: 'kept', value: SECRET, delayMs: 3_600_000 });
  await ann.ask('/tasks', { method: 'POST', headers: json, body: task });
  await ann.put('torn', SECRET);
  await ben.put('torn', `${SECRET}, too`);
  const { conflicts } = (await (await ann.ask('/conflicts')).json()) as { conflicts: { id: string }[] };
  if (!conflicts[0]) throw new Error('no conflict');
  return { space, conflictId: conflicts[0].id };
}

/** As whom somebody comes: to their own space, if it is another. */
async function credentials(who: Who, space: SpaceId) {
  if (who !== 'other space') return { space, grants: GRANTS[who] };
  const other = cloud.newSpace();
  await (await httpClient(cloud, other, 'owner')).ask('/events'); // it is there, and empty
  return { space: other, grants: GRANTS[who] };
}

test('every route has a row, and so has every message', async () => {
  const document = (await (await fetch(`${cloud.httpUrl}/openapi.json`)).json()) as {
    paths: Record<string, object>;
  };
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(Object.keys(ROUTES).sort()).toEqual(routes.sort());
  const messages = clientFrameSchema.def.options.flatMap((option) => option.shape.type.def.values);
  expect(Object.keys(MESSAGES).sort()).toEqual([...messages].sort());
});

describe.each(WHO)('over HTTP, with %s', (who) => {
  test('each route answers what it should, and shows nothing else', async () => {
    const { space, conflictId } = await furnished();
    const own = await credentials(who, space);
    const client = await httpClient(cloud, own.space, 'visitor', {
      grants: own.grants.length > 0 ? own.grants : GRANTS.read,
    });
    const newSpaceToken = await cloud.issueToken({ space: cloud.newSpace(), instance: 'forker' });
    const found: Record<string, number> = {};
    for (const [route, { query, json }] of Object.entries(ROUTES)) {
      const [method = '', path = ''] = route.split(' ');
      const answer = await client.ask(`${path.replace('{id}', conflictId)}${query ? `?${query}` : ''}`, {
        method: method.toUpperCase(),
        headers: {
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...(who === 'no token' && { authorization: '' }),
        },
        ...(json !== undefined && { body: JSON.stringify(json).replace(NEW_SPACE, newSpaceToken) }),
      });
      found[route] = answer.status;
      const text = await answer.text();
      const { shows = false } = ROUTES[route] as Row;
      const mayShow = shows === true ? READERS.includes(who) : shows !== false && shows.includes(who);
      expect(text.includes(SECRET), route).toBe(mayShow);
      if (route === 'post /entries' && answer.ok) {
        expect(text.includes('"forbidden"'), route).toBe(MAY_NOT_WRITE.includes(who));
      }
    }
    const index = WHO.indexOf(who);
    const expected = Object.entries(ROUTES).map(([route, { statuses }]) => [route, statuses[index]]);
    expect(found).toEqual(Object.fromEntries(expected));
  });
});

describe.each(WHO.slice(1))('over the WebSocket, with %s', (who) => {
  test('each message answers what it should, and shows nothing else', async () => {
    const { space } = await furnished();
    const own = await credentials(who, space);
    for (const [type, { payload, shows }] of Object.entries(MESSAGES)) {
      const client = await cloud.openRaw(own.space, `visitor-${type}`, { grants: own.grants });
      if (type !== 'connect') {
        const quiet = { protocolVersion: PROTOCOL_VERSION, subscriptions: [] };
        await client.ask({ type: 'connect', payload: quiet }, 'connected');
      }
      const before = client.frames.length;
      const id = client.send({ type, payload } as Message);
      if (type === 'disconnect') await client.closed;
      else
        await expect
          .poll(() => client.frames.slice(before).some((frame) => frame.id === id), { timeout: 10_000 })
          .toBe(true);
      const text = JSON.stringify(client.frames);
      expect(text.includes(SECRET), type).toBe(shows === true && READERS.includes(who));
      if (type === 'write') {
        expect(text.includes('"forbidden"'), type).toBe(MAY_NOT_WRITE.includes(who));
      }
      client.socket.close();
    }
  });
});

test('over the WebSocket, without a token, nobody gets in', async () => {
  const opening = openRaw({ url: cloud.url, token: 'none', instanceId: 'visitor' });
  await expect(opening).rejects.toThrow('401');
});
