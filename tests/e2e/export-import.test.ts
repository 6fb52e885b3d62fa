import { gzipSync } from 'node:zlib';
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
