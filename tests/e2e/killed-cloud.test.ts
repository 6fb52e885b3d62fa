import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedStore } from '@mnemon/adapters/memory';
import { connect } from '@mnemon/client';
import { verify } from '@mnemon/core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type CloudProcess, startCloudProcess } from '../../examples/local-cloud/cloud-process.ts';
import { spaceTokens } from '../../examples/local-cloud/space-tokens.ts';
import { eventually } from './eventually.ts';

const KILLS = 2;
const EXTERNAL = [
  'MONGODB_URL',
  'REDIS_URL',
  'DYNAMODB_ENDPOINT',
  'UPSTASH_REDIS_REST_URL',
  'UPSTASH_REDIS_REST_TOKEN',
];

let dataDir: string;
let cloud: CloudProcess;
beforeAll(async () => {
  for (const variable of EXTERNAL) vi.stubEnv(variable, ''); // what is killed is the embedded store
  dataDir = await mkdtemp(join(tmpdir(), 'mnemon-killed-'));
  cloud = await startCloudProcess(0, dataDir);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await cloud.kill();
  await rm(dataDir, { recursive: true, force: true });
});

test('a cloud that is killed with -9 and started again has lost nothing that was acked', {
  timeout: 180_000,
}, async () => {
  const port = Number(new URL(cloud.url).port);
  const { space, token } = await spaceTokens(dataDir);
  const open = (instanceId: string) =>
    connect({ url: cloud.url, token, instanceId, connectTimeoutMs: 30_000 });
  const [writer, reader] = await Promise.all([open('writer'), open('reader')]);
  await reader.entries();

  const acked = new Map<string, number>();
  let isOver = false;
  const writing = (async () => {
    for (let i = 0; !isOver; i++) {
      await writer.write(`keys/${i}`, i);
      acked.set(`keys/${i}`, i);
    }
  })();
  for (let kill = 0; kill < KILLS; kill++) {
    const before = acked.size;
    await eventually(() => expect(acked.size).toBeGreaterThan(before + 20));
    await cloud.kill();
    cloud = await startCloudProcess(port, dataDir);
  }
  const before = acked.size;
  await eventually(() => expect(acked.size, 'it goes on by itself').toBeGreaterThan(before + 20));
  isOver = true;
  await writing;

  const late = await open('late');
  await eventually(async () => {
    for (const instance of [reader, late]) {
      const entries = await instance.entries();
      expect(new Map(entries.map(({ key, value }) => [key, value]))).toEqual(acked);
    }
  });
  expect(writer.status.reconnects).toBeGreaterThanOrEqual(KILLS);
  expect(reader.status.reloads, 'the log went on where it was').toBe(0);
  await Promise.all([writer, reader, late].map((each) => each.close()));
  await cloud.kill();

  const store = embeddedStore({ path: join(dataDir, 'memory') });
  const verdict = await verify(store, { space, partition: 0 });
  expect(verdict).toMatchObject({ intact: true, end: { seq: acked.size } });
  await store.close();
});
