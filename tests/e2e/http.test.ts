import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { httpClient } from './http-client.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

describe.each(engines)('over HTTP, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  test('a write reaches whoever is connected, and theirs is read right after the ack (I9)', async () => {
    const space = cloud.newSpace();
    const [http, ben] = await Promise.all([httpClient(cloud, space, 'ann'), cloud.connect(space, 'ben')]);
    const heard = new Promise((resolve) => ben.subscribe('greetings/*', resolve));
    const put = await http.put('greetings/ann', { says: 'hello' });
    expect([put.status, put.headers.get('etag')]).toEqual([200, '"1"']);
    expect(await heard).toMatchObject({ key: 'greetings/ann', value: { says: 'hello' } });
    await ben.write('greetings/ann', 'heard');
    expect(await http.get('greetings/ann')).toMatchObject({ value: 'heard', version: 2, author: 'ben' });
    await ben.close();
  });

  test.each(['100%', 'a?b', '../x', 'ä/ö', 'a%2Fb', 'plus+plus'])('the key %s comes through', async (key) => {
    const http = await httpClient(cloud, cloud.newSpace(), 'ann');
    await http.put(key, 1);
    expect(await http.get(key)).toMatchObject({ key, value: 1 });
  });

  test('many that write to one space at once are all answered, each once', async () => {
    const space = cloud.newSpace();
    const writers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => httpClient(cloud, space, `w${i}`)),
    );
    const answers = await Promise.all(
      writers.flatMap((http, i) => [
        http.put(`own/${i}`, i),
        http.put('shared', i, { 'idempotency-key': 'k' }),
      ]),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const commits = await cloud.commits(space);
    expect(commits).toHaveLength(20);
    expect(await cloud.verify(space)).toMatchObject({ intact: true });
    const again = await Promise.all(
      writers.map((http, i) => http.put('shared', i, { 'idempotency-key': 'k' })),
    );
    expect(again.every(({ status }) => status === 200)).toBe(true);
    expect(await cloud.commits(space), 'sent again, they change nothing').toHaveLength(20);
  });

  test('of what is over the limits of gateway, route or value each says so', async () => {
    const http = await httpClient(cloud, cloud.newSpace(), 'ann');
    expect((await http.put('a', 'x'.repeat(11 * 1024 * 1024))).status).toBe(413);
    const large = await http.put('a', 'x'.repeat(2 * 1024 * 1024));
    expect(await large.json()).toMatchObject({ code: 'body-too-large' });
    const value = await http.put('a', 'x'.repeat(1024 * 1024));
    expect(await value.json()).toMatchObject({ code: 'value-too-large' });
  });

  test('status tells that every backend answers', async () => {
    const http = await httpClient(cloud, cloud.newSpace(), 'ann');
    const status = await http.ask('/status');
    expect(await status.json()).toMatchObject({
      status: 'ok',
      backends: { mongodb: { status: 'ok' }, dynamodb: { status: 'ok' }, gateway: { status: 'ok' } },
    });
  });
});
