import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runDoctor } from './run-doctor.ts';

// All signed by their own key, `key.pem`; until 2120, but for the expired one.
const fileOf = (name: string) => fileURLToPath(new URL(`./certificates/${name}.pem`, import.meta.url));
const withCertificate = (name: string) =>
  createServer({ key: readFileSync(fileOf('key')), cert: readFileSync(fileOf(name)) });
const trusting = (name: string) => ({ NODE_EXTRA_CA_CERTS: fileOf(name) });

// Each takes as long as a client tries: no more of them than vitest runs at once.
describe.concurrent('of an address that cannot be reached, says that', () => {
  test.for<[string, Server, Record<string, string>, string]>([
    ['nobody trusted has signed its certificate', withCertificate('self-signed'), {}, 'NODE_EXTRA_CA_CERTS'],
    ['its certificate has expired', withCertificate('expired'), trusting('expired'), 'has expired. Renew it'],
    [
      'its certificate is for another name',
      withCertificate('elsewhere'),
      trusting('elsewhere'),
      'Its certificate is not for 127.0.0.1',
    ],
    ['it speaks no TLS', createHttpServer(), {}, 'no TLS'],
  ])('%s', async ([, server, env, words], { onTestFinished }) => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await expectAdvice(`wss://127.0.0.1:${port}`, env, words);
  });

  test('its name is none', async () => {
    // A machine without a network has no name server to ask.
    await expectAdvice('wss://memory.invalid', {}, /No name server (knows|answers for) memory\.invalid/);
  });
});

async function expectAdvice(url: string, env: Record<string, string>, words: string | RegExp): Promise<void> {
  const { code, output } = await runDoctor(['--url', url, '--token', 'no.such.token'], env);
  expect(output).toMatch(words);
  expect(output).not.toContain('Nothing answers there');
  expect(code).toBe(1);
}
