import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const START = fileURLToPath(new URL('../../packages/local/start.mjs', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnemon-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('npm start says in one line what is wrong, and fails', () => {
  test.each([
    ['a port that is none', ['--port', 'abc'], {}, '--port takes a number'],
    ['a flag that is none', ['--frobnicate'], {}, "Unknown option '--frobnicate'"],
    ['half of Upstash', [], { UPSTASH_REDIS_REST_URL: 'https://example.org' }, 'set both or neither'],
    ['a DynamoDB that is not there', [], { DYNAMODB_ENDPOINT: 'http://127.0.0.1:1' }, 'DYNAMODB_ENDPOINT: '],
    ['a Redis that is not there', [], { REDIS_URL: 'redis://127.0.0.1:1' }, 'REDIS_URL: '],
    ['a MongoDB that is none', [], { MONGODB_URL: 'nonsense' }, 'MONGODB_URL: nonsense'],
  ])('%s', async (_, args, env, sentence) => {
    expect(await start(['--port', '0', '--data', join(folder, 'data'), ...args], env)).toEqual({
      code: 1,
      stderr: [expect.stringContaining(sentence)],
    });
  });

  test('a password is not repeated', async () => {
    const env = { MONGODB_URL: 'mongodb://user:pass@word@127.0.0.1:1/' };
    const { stderr } = await start(['--port', '0', '--data', join(folder, 'data')], env);
    expect(stderr.join()).not.toMatch(/user|pass|word/);
  });

  test('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ended = await start(['--port', String(port), '--data', join(folder, 'data')]);
    server.close();
    expect(ended).toEqual({ code: 1, stderr: [`Port ${port} is taken. Choose another with --port.`] });
  });

  test('a data folder that is a file', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    expect(await start(['--port', '0', '--data', file])).toEqual({
      code: 1,
      stderr: [expect.stringContaining(`The data folder ${file} cannot be used`)],
    });
  });
});

async function start(args: string[], env: Record<string, string> = {}) {
  const { MONGODB_URL, REDIS_URL, DYNAMODB_ENDPOINT, ...own } = process.env;
  const child = spawn(process.execPath, [START, ...args], {
    env: { ...own, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, stderr: stderr.trim().split('\n') };
}
