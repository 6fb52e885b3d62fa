import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { runStart } from './run-start.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnemon-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(engines)('npm start proves itself, on $name', { timeout: 120_000 }, async ({ name, backends }) => {
  const { mongodbUrl, redisUrl, dynamodbEndpoint } = backends;
  const { code, stdout } = await runStart(['--once', '--port', '0', '--data', join(folder, name)], {
    MONGODB_URL: mongodbUrl,
    REDIS_URL: redisUrl,
    DYNAMODB_ENDPOINT: dynamodbEndpoint,
  });
  expect(stdout.slice(-5)).toEqual([
    expect.stringContaining('ada and ben are connected to one space.'),
    expect.stringMatching(/ada wrote greetings\/ada, and ben saw it [\d.]+ ms later\./),
    expect.stringContaining('ben has lost his connection.'),
    expect.stringContaining('ada wrote 100 entries; ben knows 0 of them.'),
    expect.stringMatching(/ben is back: \d+ ms later he knows all 100\./),
  ]);
  expect(code).toBe(0);
});
