import { gzipSync } from 'node:zlib';
import { importSpace } from '@mnemon/client/import-space';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { httpClient } from './http-client.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const NDJSON = { 'content-type': 'application/x-ndjson' };

describe.each(engines)('a space over HTTP, out and in, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  test('an export is imported elsewhere, zipped or not, large values included; repeated, it is answered the same', async () => {
    const source = await httpClient(cloud, cloud.newSpace(), 'ann');
    const large = 'ä'.repeat(200_000);
    await source.put('docs/1', large);
    for (let i = 0; i < 5; i++) await source.put(`tasks/${i % 2}`, i);
    const exported = await source.ask('/export');
    expect([exported.status, exported.headers.get('content-type')]).toEqual([200, NDJSON['content-type']]);
    const text = await exported.text();
    expect(text.trimEnd().split('\n')).toHaveLength(1 + 6 + 1 + 1);
    for (const [headers, body] of [
      [NDJSON, text],
      [{ ...NDJSON, 'content-encoding': 'gzip' }, gzipSync(text)],
    ] as const) {
      const target = await httpClient(cloud, cloud.newSpace(), 'ann');
      const post = () => target.ask('/import', { method: 'POST', headers, body });
      const first = await post();
      expect(first.status).toBe(200);
      const answer = await first.json();
      expect(answer).toMatchObject({ cursor: { seq: [7] } });
      expect(await (await post()).json()).toEqual(answer);
      expect((await target.get('tasks/0')).value).toBe(4);
      expect((await target.get('docs/1')).value === large).toBe(true);
    }
  });

  test('an export of any length goes in parts, with the client', async () => {
    const source = await httpClient(cloud, cloud.newSpace(), 'ann');
    await source.put('docs/1', '😀ä'.repeat(100_000));
    for (let i = 0; i < 12; i++) await source.put('docs/2', String(i).repeat(60_000));
    const text = await (await source.ask('/export')).text();
    expect(text.length).toBeGreaterThan(1024 * 1024);
    const space = cloud.newSpace();
    const token = await cloud.issueToken({ space });
    const into = { url: cloud.httpUrl, token, instanceId: 'ann' };
    const target = await httpClient(cloud, space, 'ann');
    const cursor = await importSpace(into, [text]);
    expect(cursor).toMatchObject({ seq: [14] });
    expect((await target.get('docs/2')).value).toBe('11'.repeat(60_000));
    await expect(importSpace(into, ['other'])).rejects.toMatchObject({ code: 'bad-request' });
  });

  test('parts are imported once, and only when all are there', async () => {
    const source = await httpClient(cloud, cloud.newSpace(), 'ann');
    await source.put('a', 1);
    const text = await (await source.ask('/export')).text();
    const target = await httpClient(cloud, cloud.newSpace(), 'ann');
    const put = (number: number, body: string) =>
      target.ask(`/import/part?upload=u&number=${number}`, { method: 'PUT', headers: NDJSON, body });
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ upload: 'u', parts: 2 });
    const post = () => target.ask('/import/parts', { method: 'POST', headers, body });
    expect((await put(1, text.slice(100))).status).toBe(204);
    expect((await post()).status).toBe(400);
    expect((await put(0, text.slice(0, 100))).status).toBe(204);
    const first = await post();
    expect(first.status).toBe(200);
    expect(await (await post()).json()).toEqual(await first.json());
    expect((await target.get('a')).value).toBe(1);
  });

  test('what is cut off, too large or nothing is refused, and the space stays free', async () => {
    const source = await httpClient(cloud, cloud.newSpace(), 'ann');
    await source.put('a', 1);
    const text = await (await source.ask('/export')).text();
    const target = await httpClient(cloud, cloud.newSpace(), 'ann');
    const post = (body: string | undefined) =>
      target.ask('/import', { method: 'POST', headers: NDJSON, ...(body !== undefined && { body }) });
    const whole = text.trimEnd().split('\n');
    expect((await post(whole.slice(0, -1).join('\n'))).status).toBe(400);
    expect((await post(undefined)).status).toBe(400);
    expect((await post('x'.repeat(4 * 1024 * 1024 + 1))).status).toBe(413);
    expect((await post(text)).status).toBe(200);
  });
});
