import { createHash } from 'node:crypto';
import type { Entry } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { startApi } from '../http.fixture.ts';

const PUT = (value: unknown, headers: Record<string, string> = {}) => ({
  method: 'PUT',
  json: { value },
  headers,
});
type Api = ReturnType<typeof startApi>;

const read = async ({ ask }: Api, key: string) => {
  const answer = await ask(`/entry?key=${encodeURIComponent(key)}`);
  return { status: answer.status, etag: answer.headers.get('etag'), body: (await answer.json()) as object };
};

describe('one entry', () => {
  test('is what was written last; its version is the ETag', async () => {
    const api = startApi();
    const first = await api.ask('/entry?key=a/b', PUT({ says: 'hello' }));
    expect([first.status, first.headers.get('etag')]).toEqual([200, '"1"']);
    expect(await first.json()).toEqual({ status: 'applied', version: 1 });
    await api.ask('/entry?key=a/b', PUT(2));
    expect(await read(api, 'a/b')).toMatchObject({
      status: 200,
      etag: '"2"',
      body: { key: 'a/b', value: 2, version: 2, author: 'ann' },
    });
  });

  test.each(['ä ö/?#%2F', '../..', 'a+b&c=d', '100%'])('whose key is %s', async (key) => {
    const api = startApi();
    await api.ask(`/entry?key=${encodeURIComponent(key)}`, PUT(1));
    expect(await read(api, key)).toMatchObject({ status: 200, body: { key } });
  });

  test('that is known need not be sent again', async () => {
    const { ask } = startApi();
    await ask('/entry?key=a', PUT(1));
    const known = await ask('/entry?key=a', { headers: { 'if-none-match': '"1"' } });
    expect([known.status, await known.text(), known.headers.get('etag')]).toEqual([304, '', '"1"']);
    expect((await ask('/entry?key=a', { headers: { 'if-none-match': '"2"' } })).status).toBe(200);
  });

  test('that is not there, or no more', async () => {
    const api = startApi();
    expect(await read(api, 'a')).toMatchObject({ status: 404, body: { code: 'not-found' } });
    await api.ask('/entry?key=a', PUT(1));
    const deleted = await api.ask('/entry?key=a', { method: 'DELETE' });
    expect(await deleted.json()).toEqual({ status: 'applied', version: 2 });
    expect((await read(api, 'a')).status).toBe(404);
    const again = await api.ask('/entry?key=a', { method: 'DELETE' });
    expect([again.status, await again.json()]).toEqual([200, { status: 'unchanged' }]);
  });

  test('outside of the grants is neither read nor written, and nothing is told of it', async () => {
    const { ask } = startApi();
    await ask('/entry?key=hidden', PUT('secret'));
    const claims = { grants: [{ pattern: 'own/**', access: 'write' as const }] };
    for (const init of [
      { claims },
      { ...PUT(1, { 'if-match': '"9"' }), claims },
      { method: 'DELETE', claims },
    ]) {
      const answer = await ask('/entry?key=hidden', init);
      expect(answer.status).toBe(403);
      expect(await answer.text()).not.toContain('secret');
    }
  });
});

describe('a conditional write', () => {
  test('replaces the version that it names, and no other', async () => {
    const { ask } = startApi();
    await ask('/entry?key=a', PUT(1));
    const bob = { claims: { instance: 'bob' } };
    const second = await ask('/entry?key=a', { ...PUT(2, { 'if-match': '"1"' }), ...bob });
    expect(await second.json()).toEqual({ status: 'applied', version: 2 });
    const late = await ask('/entry?key=a', { ...PUT(3, { 'if-match': '"1"' }), ...bob });
    expect(late.status).toBe(412);
    expect(await late.json()).toMatchObject({
      code: 'conflict',
      details: { current: { value: 2, version: 2 } },
    });
    expect((await ask('/entry?key=a', { method: 'DELETE', headers: { 'if-match': '"1"' } })).status).toBe(
      412,
    );
  });

  test('creates what is not there, and only then', async () => {
    const { ask } = startApi();
    const create = PUT(1, { 'if-none-match': '*' });
    expect((await ask('/entry?key=a', create)).status).toBe(200);
    expect((await ask('/entry?key=a', create)).status).toBe(412);
  });

  test.each([
    { 'if-match': '*' },
    { 'if-match': 'W/"1"' },
    { 'if-match': '1' },
    { 'if-match': '"0"' },
    { 'if-none-match': '"1"' },
    { 'if-match': '"1"', 'if-none-match': '*' },
  ])('that says %o is not understood', async (headers) => {
    const answer = await startApi().ask('/entry?key=a', PUT(1, headers as Record<string, string>));
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, 'bad-request']);
  });
});

describe('a value of more than 64 KB', () => {
  const text = 'ä'.repeat(40_000);
  const largeOf = async (ask: Api['ask']) => {
    const found = (await (await ask('/entries?prefix=docs')).json()) as { entries: Entry[] };
    return found.entries[0];
  };

  test('is read as it was written, by its key or its hash; elsewhere its size and hash stand for it', async () => {
    const api = startApi();
    const answer = await api.ask('/entry?key=docs/1', PUT(text));
    expect(await answer.json()).toEqual({ status: 'applied', version: 1 });
    expect(await read(api, 'docs/1')).toMatchObject({ status: 200, etag: '"1"', body: { value: text } });
    const listed = await largeOf(api.ask);
    const hash = createHash('sha256').update(JSON.stringify(text)).digest('hex');
    expect(listed).toMatchObject({ value: null, large: { sizeBytes: 80_002, hash } });
    const value = await api.ask(`/value?key=docs/1&hash=${hash}`);
    expect([value.status, await value.json()]).toEqual([200, text]);
    expect((await api.ask(`/value?key=docs/2&hash=${hash}`)).status).toBe(404);
  });

  test('outside of the grants is not shown, whoever knows its hash', async () => {
    const { ask } = startApi();
    await ask('/entry?key=docs/1', PUT(text));
    const hash = (await largeOf(ask))?.large?.hash;
    const claims = { grants: [{ pattern: 'own/**', access: 'write' as const }] };
    expect((await ask(`/value?key=docs/1&hash=${hash}`, { claims })).status).toBe(403);
    expect((await ask(`/value?key=own/1&hash=${hash}`, { claims })).status).toBe(404);
    expect((await ask('/entry?key=docs/1', { ...PUT(text), claims })).status).toBe(403);
  });

  test('sent again under its idempotency key changes nothing and gets the first answer (I6)', async () => {
    const api = startApi();
    const put = PUT(text, { 'idempotency-key': 'once' });
    const first = await (await api.ask('/entry?key=docs/1', put)).json();
    await api.ask('/entry?key=docs/1', PUT('short'));
    expect(await (await api.ask('/entry?key=docs/1', put)).json()).toEqual(first);
    expect(await read(api, 'docs/1')).toMatchObject({ etag: '"2"', body: { value: 'short' } });
  });
});

describe('a request that is sent again under its idempotency key', () => {
  test('changes nothing and gets the first answer (I6)', async () => {
    const api = startApi();
    const put = PUT(1, { 'idempotency-key': 'once' });
    const first = await (await api.ask('/entry?key=a', put)).json();
    await api.ask('/entry?key=a', PUT(2));
    expect(await (await api.ask('/entry?key=a', put)).json()).toEqual(first);
    expect((await read(api, 'a')).body).toMatchObject({ value: 2 });
  });

  test('by another instance is another request', async () => {
    const api = startApi();
    const put = PUT(1, { 'idempotency-key': 'once' });
    await api.ask('/entry?key=a', put);
    const other = await api.ask('/entry?key=a', { ...put, claims: { instance: 'bob' } });
    expect(await other.json()).toMatchObject({ version: 2 });
  });
});

test('a batch is one commit, with one outcome each', async () => {
  const { ask, ports } = startApi();
  const ops = [
    { op: 'put', key: 'a', value: 1 },
    { op: 'put', key: 'b', value: 2, expectedVersion: 7 },
    { op: 'delete', key: 'c' },
  ];
  const answer = await ask('/entries', { method: 'POST', json: { ops } });
  expect(await answer.json()).toMatchObject({
    commit: { partition: 0, seq: 1 },
    outcomes: [
      { status: 'applied', version: 1 },
      { status: 'refused', code: 'conflict' },
      { status: 'unchanged' },
    ],
  });
  expect(await ports.log.head('team' as never)).toMatchObject({ seq: [1] });
});
