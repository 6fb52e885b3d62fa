import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BSON } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runStart } from './run-start.ts';

const start = async (args: string[], env: Record<string, string> = {}) => {
  const { code, stderr } = await runStart(args, env);
  return { code, stderr };
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnemon-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('npm start says in one line what is wrong, and fails', () => {
  test.each([
    ['a port that is none', ['--port', 'abc'], {}, '--port takes a number'],
    ['a host that is none', ['--host', 'example.org'], {}, '--host takes 127.0.0.1 or 0.0.0.0'],
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

describe.runIf(process.platform === 'linux')('a data folder', () => {
  test.each(['/proc/x', '/proc/x/y', '/sys/x/y'])('in a place that takes none: %s', async (data) => {
    expect(await start(['--port', '0', '--data', data])).toEqual({
      code: 1,
      stderr: [expect.stringContaining(`The data folder ${data} cannot be used`)],
    });
  });
});

test('a MongoDB that is no replica set', async () => {
  const server = await standaloneMongo();
  const { port } = server.address() as AddressInfo;
  const ended = await start(['--port', '0', '--data', join(folder, 'data')], {
    MONGODB_URL: `mongodb://127.0.0.1:${port}`,
  });
  server.close();
  expect(ended).toEqual({ code: 1, stderr: [expect.stringContaining('transactions need a replica set')] });
});

/** Speaks enough of MongoDB's wire protocol to be taken for a server on its own. */
async function standaloneMongo(): Promise<Server> {
  const hello = { helloOk: true, isWritablePrimary: true, minWireVersion: 0, maxWireVersion: 21, ok: 1 };
  const document = Buffer.from(BSON.serialize(hello));
  const OP_REPLY = { code: 1, head: Buffer.from([...Array(16).fill(0), 1, 0, 0, 0]) }; // one document
  const OP_MSG = { code: 2013, head: Buffer.alloc(5) };
  const server = createServer((socket) => {
    socket.on('data', (request) => {
      const { code, head } = request.readInt32LE(12) === OP_MSG.code ? OP_MSG : OP_REPLY;
      const header = Buffer.alloc(16);
      header.writeInt32LE(16 + head.length + document.length, 0);
      header.writeInt32LE(request.readInt32LE(4), 8); // answers the request of this id
      header.writeInt32LE(code, 12);
      socket.write(Buffer.concat([header, head, document]));
    });
    socket.on('error', () => {});
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}
