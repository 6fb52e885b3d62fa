import { ERRORS, wireError } from '@mnemon/protocol';
import { describe, expect, test, vi } from 'vitest';
import { createStreamApi } from './create-stream-api.ts';
import { startApi } from './http.fixture.ts';

const problemOf = async (answer: Response) => {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await answer.json()) as { code: keyof typeof ERRORS; status: number };
  expect(problem.status).toBe(answer.status);
  expect(ERRORS[problem.code].httpStatus).toBe(answer.status);
  return problem;
};

describe('whoever has no valid token', () => {
  test.each([
    ['none', {}, 'unauthorized'],
    ['another scheme', { authorization: 'Basic YTpi' }, 'unauthorized'],
    ['a made-up one', { authorization: 'Bearer made.up.token' }, 'unauthorized'],
  ])('%s: is told so, in a problem', async (_, headers, code) => {
    const { api } = startApi();
    const answer = await api.request('/entry?key=a', { headers });
    expect(await problemOf(answer)).toMatchObject({ code });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('an expired one: is told that it has expired', async () => {
    const answer = await startApi().ask('/entry?key=a', { claims: { exp: 1 } });
    expect(await problemOf(answer)).toMatchObject({ code: 'token-expired' });
  });

  test('sees health and documentation nevertheless, and nothing else', async () => {
    const { api } = startApi();
    for (const path of ['/health', '/openapi.json', '/docs']) {
      expect((await api.request(path)).status, path).toBe(200);
    }
    expect((await api.request('/status')).status).toBe(401);
    expect((await api.request('/nowhere')).status).toBe(401);
  });
});

test('a token of several instances needs one to be named, in the header or the query', async () => {
  const { ask } = startApi();
  const claims = { instance: 'worker-*' };
  expect(await problemOf(await ask('/entry?key=a', { claims }))).toMatchObject({ code: 'forbidden' });
  const elsewhere = { headers: { 'x-mnemon-instance': 'other-1' }, claims };
  expect((await ask('/entry?key=a', elsewhere)).status).toBe(403);
  const header = { headers: { 'x-mnemon-instance': 'worker-1' }, claims };
  expect((await ask('/entry?key=a', header)).status).toBe(404);
  expect((await ask('/entry?key=a&instance=worker-1', { claims })).status).toBe(404);
});

describe('what the API cannot take is a problem', () => {
  const json = { 'content-type': 'application/json' };
  const put = (key: string, length: number) => ({ op: 'put', key, value: 'x'.repeat(length) });
  test.each<[string, string, RequestInit & { json?: unknown }, string]>([
    ['a path that is none', '/nowhere', {}, 'not-found'],
    ['a method that is none', '/entry?key=a', { method: 'PATCH' }, 'method-not-allowed'],
    ['malformed JSON', '/entries', { method: 'POST', body: '{', headers: json }, 'bad-request'],
    ['a body that is no JSON', '/entries', { method: 'POST', body: 'ops=1' }, 'bad-request'],
    ['no body', '/entries', { method: 'POST' }, 'bad-request'],
    ['an unknown field', '/entries', { method: 'POST', json: { ops: [], more: 1 } }, 'bad-request'],
    ['no key', '/entry', {}, 'bad-request'],
    ['a bad key', '/entry?key=a//b', {}, 'bad-key'],
    [
      'a bad op',
      '/entries',
      { method: 'POST', json: { ops: [{ op: 'put', key: '', value: 1 }] } },
      'bad-key',
    ],
    [
      'a body that is too large',
      '/entry?key=a',
      { method: 'PUT', json: { value: 'x'.repeat(1121 * 1024) } },
      'body-too-large',
    ],
    [
      'a value that is too large',
      '/entry?key=a',
      { method: 'PUT', json: { value: 'x'.repeat(1025 * 1024) } },
      'value-too-large',
    ],
    [
      'a large value among others',
      '/entries',
      { method: 'POST', json: { ops: [put('a', 65 * 1024), put('b', 1)] } },
      'value-too-large',
    ],
    [
      'a batch that is too large',
      '/entries',
      { method: 'POST', json: { ops: [put('a', 50 * 1024), put('b', 50 * 1024)] } },
      'batch-too-large',
    ],
    [
      'a body that is too large for its route',
      '/restore',
      { method: 'POST', json: { more: 'x'.repeat(97 * 1024) } },
      'body-too-large',
    ],
    [
      'a value that is named instead of sent',
      '/entries',
      { method: 'POST', json: { ops: [{ ...put('a', 1), large: { sizeBytes: 1, hash: 'a'.repeat(64) } }] } },
      'bad-request',
    ],
  ])('%s', async (_, path, init, code) => {
    const answer = await startApi().ask(path, init);
    expect(await problemOf(answer)).toMatchObject({ code });
  });

  test('with the methods that there are', async () => {
    const answer = await startApi().ask('/entry?key=a', { method: 'PATCH' });
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['DELETE', 'GET', 'PUT']);
  });

  test('and so is a failure, which tells nothing of its cause', async () => {
    const logged = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const { ask, ports } = startApi();
    ports.nodes.list = () => Promise.reject(new Error('a password is in here'));
    const answer = await ask('/nodes');
    const problem = await problemOf(answer);
    expect(problem.code).toBe('internal');
    expect(JSON.stringify(problem)).not.toContain('password');
    expect(logged).toHaveBeenCalledOnce();
    logged.mockRestore();
  });

  test('and a backend that is away: the caller may come again', async () => {
    const logged = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const { ask, ports } = startApi();
    ports.log.load = () => Promise.reject(Object.assign(new Error('away'), { name: 'Unavailable' }));
    const answer = await ask('/entry?key=a');
    expect(await problemOf(answer)).toMatchObject({ code: 'unavailable', retryable: true });
    expect(answer.headers.get('retry-after')).toBe('1');
    logged.mockRestore();
  });
});

describe('pages from elsewhere', () => {
  const preflight = {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-method': 'PUT' },
  };
  test('may not call unless their origin is in the settings', async () => {
    const answer = await startApi().api.request('/entry', preflight);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('of these origins may, the preflight without a token; problems are readable too', async () => {
    const { api } = startApi({ settings: { HTTP_CORS_ORIGINS: 'https://app.example,https://b.example' } });
    const answer = await api.request('/entry', preflight);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(answer.headers.get('access-control-allow-headers')).toContain('if-match');
    const refused = await api.request('/entry?key=a', { headers: { origin: 'https://app.example' } });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([
      401,
      'https://app.example',
    ]);
    const stranger = await api.request('/entry', {
      ...preflight,
      headers: { ...preflight.headers, origin: 'https://evil.example' },
    });
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('the document names every route, and the page needs nothing from elsewhere', async () => {
  const { api, app } = startApi();
  const document = (await (await api.request('/openapi.json')).json()) as { openapi: string; paths: object };
  expect(document.openapi).toBe('3.1.0');
  const described = Object.keys(document.paths);
  const routes = [...api.routes, ...createStreamApi(app).routes];
  const routed = new Set(routes.filter(({ method }) => method !== 'ALL').map(({ path }) => path));
  for (const path of ['/openapi.json', '/docs']) routed.delete(path);
  expect(described.map((path) => path.replaceAll(/\{(.+?)\}/g, ':$1')).sort()).toEqual([...routed].sort());
  const page = await (await api.request('/docs')).text();
  for (const path of described) expect(page).toContain(path);
  for (const code of Object.keys(ERRORS)) expect(page).toContain(`id="${code}"`);
  expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
});

describe('the status', () => {
  const never = () => new Promise(() => {});
  test('tells of each backend how it is; one that hangs does not hang the answer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const broken = () => Promise.reject(new Error('gone'));
    const { ask } = startApi({
      app: { probes: { mongodb: async () => {}, gateway: broken, dynamodb: never } },
    });
    const asked = ask('/status');
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
    await vi.advanceTimersByTimeAsync(2_000);
    vi.useRealTimers();
    expect(await (await asked).json()).toMatchObject({
      status: 'degraded',
      backends: {
        mongodb: { status: 'ok', latencyMs: expect.any(Number) },
        gateway: { status: 'degraded' },
        dynamodb: { status: 'degraded' },
      },
    });
  });
});

describe('whoever asks too often', () => {
  const full = async () => wireError('rate-limited', 'too often', { retryAfterMs: 1_500 });
  test('is told when to come again', async () => {
    const answer = await startApi({ app: { limit: full } }).ask('/entry?key=a');
    expect(await problemOf(answer)).toMatchObject({ code: 'rate-limited', retryAfterMs: 1_500 });
    expect(answer.headers.get('retry-after')).toBe('2');
  });

  test('gets no ticket either, and that is counted by itself', async () => {
    const ticketsOnly = async (what: string) => (what === 'tickets' ? full() : undefined);
    const { ask } = startApi({ app: { limit: ticketsOnly } });
    expect((await ask('/tickets', { method: 'POST' })).status).toBe(429);
    expect((await ask('/entry?key=a')).status).toBe(404);
  });
});

test('keys that cannot be read now are no reason to throw a token away', async () => {
  const verify = async () => ({ ok: false, problem: 'keys-unavailable' }) as const;
  const answer = await startApi({ app: { verify } }).ask('/entry?key=a');
  expect(await problemOf(answer)).toMatchObject({ code: 'unavailable', retryable: true });
});

test('who resolves a conflict says what it is merged to, and nothing else of the write', async () => {
  const { ask } = startApi();
  for (const instance of ['ann', 'bob']) {
    const json = { value: instance, strategy: 'custom' };
    const put = await ask('/entry?key=a', { method: 'PUT', json, claims: { instance } });
    expect(put.status).toBeLessThan(300);
  }
  const { conflicts } = (await (await ask('/conflicts')).json()) as { conflicts: { id: string }[] };
  const resolve = (json: object) => ask(`/conflicts/${conflicts[0]?.id}/resolve`, { method: 'POST', json });
  for (const field of [
    { key: 5 },
    { key: 'b' },
    { op: 'increment' },
    { hlc: {} },
    { seen: {} },
    { fence: {} },
  ]) {
    expect((await resolve({ value: 'x', ...field })).status, JSON.stringify(field)).toBe(400);
  }
  expect((await resolve({ value: 'both' })).status).toBe(200);
  expect(await (await ask('/entry?key=a')).json()).toMatchObject({ value: 'both' });
});
