import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBus } from './mortal-bus.ts';
import { runDoctor } from './run-doctor.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud({});
});

afterAll(() => cloud.close());

test('finds an installation that works, and leaves nothing behind', async () => {
  const space = cloud.newSpace();
  const { code, output } = await doctor(cloud.url, await cloud.issueToken({ space }));
  expect(output).toMatch(/connects.+writes.+sees.+catches up.+locks.+measures.+\d ms.+Everything works/s);
  expect(code).toBe(0);
  const witness = await cloud.connect(space, 'witness');
  expect(await witness.entries('doctor/**')).toEqual([]);
  await witness.close();
});

test('says that nothing listens', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const { code, output } = await doctor(`ws://127.0.0.1:${port}`, await cloud.issueToken());
  expect(output).toContain('Nothing answers there.');
  expect(code).toBe(1);
});

test('says that the address is none of a WebSocket', async () => {
  const { code, output } = await doctor('https://example.com', await cloud.issueToken());
  expect(output).toContain('Is the address a WebSocket URL');
  expect(code).toBe(1);
});

test('says that nothing is at that path', async () => {
  const { code, output } = await doctor(`${cloud.url}/elsewhere`, await cloud.issueToken());
  expect(output).toContain('Is the address the one that was printed');
  expect(code).toBe(1);
});

test('says that Redis is away, though all else works', async () => {
  const bus = await startBus();
  const lame = await startTestCloud({ upstash: { url: bus.url, token: 'token' } });
  await bus.die();
  const { code, output } = await doctor(lame.url, await lame.issueToken());
  expect(output).toMatch(/measures.+FAILED.+can't reach: bus.+Redis does not answer/s);
  expect(code).toBe(1);
  await lame.close();
});

test.each([
  ['is not its own', async () => 'no.such.token', 'The token was refused.'],
  [
    'is for one instance',
    () => cloud.issueToken({ instance: 'only-me' }),
    'a token whose instance ends in *',
  ],
  [
    'may only read',
    () => cloud.issueToken({ grants: [{ pattern: '**', access: 'read' }] }),
    'It needs a grant of write access',
  ],
])('says that the token %s', async (_, token, words) => {
  const { code, output } = await doctor(cloud.url, await token());
  expect(output).toContain(words);
  expect(code).toBe(1);
});

test('shows how it is used when asked for nothing', async () => {
  expect(await runDoctor([])).toMatchObject({
    code: 2,
    output: expect.stringContaining('npm run doctor -- --url'),
  });
});

const doctor = (url: string, token: string) => runDoctor(['--url', url, '--token', token]);
