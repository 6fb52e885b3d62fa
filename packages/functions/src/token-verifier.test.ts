import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueToken } from './token.ts';
import { tokenVerifier } from './token-verifier.ts';

const SECRET = 'a signing secret of enough characters';
const NOW_MS = Date.now();
const claims = {
  sub: 'user-1',
  space: 'team' as never,
  instance: 'app-*',
  grants: [{ pattern: '**', access: 'write' as const }],
  exp: Math.floor(NOW_MS / 1000) + 3600,
};

let server: Server;
let url: string;
let requests = 0;
let answer: () => { status: number; body: string };
let rsa: Awaited<ReturnType<typeof generateKeyPair>>;
let ec: typeof rsa;

beforeAll(async () => {
  [rsa, ec] = await Promise.all([
    generateKeyPair('RS256', { extractable: true }),
    generateKeyPair('ES256', { extractable: true }),
  ]);
  const keys = await Promise.all(
    [rsa, ec].map(async ({ publicKey }, index) => ({ ...(await exportJWK(publicKey)), kid: `key-${index}` })),
  );
  answer = () => ({ status: 200, body: JSON.stringify({ keys }) });
  server = createServer((_, response) => {
    requests += 1;
    const { status, body } = answer();
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
});
afterAll(() => void server.close());

const sign = (alg: string, key: Parameters<SignJWT['sign']>[0], kid: string, changes = {}) =>
  new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg, kid }).sign(key);
const both = () => tokenVerifier({ AUTH_SECRETS: [SECRET], AUTH_JWKS_URL: url } as never);

describe('a verifier with secrets and a key set', () => {
  test('takes tokens of both, and asks for the keys once', async () => {
    const verify = both();
    requests = 0;
    const tokens = [
      await sign('RS256', rsa.privateKey, 'key-0'),
      await sign('ES256', ec.privateKey, 'key-1'),
      await issueToken(claims, SECRET),
    ];
    for (const token of [...tokens, ...tokens]) {
      expect(await verify(token, NOW_MS)).toMatchObject({
        ok: true,
        claims: { sub: 'user-1', space: 'team' },
      });
    }
    expect(requests).toBe(1);
  });

  test('says that one has expired, or does not say what it should', async () => {
    const expired = await sign('RS256', rsa.privateKey, 'key-0', { exp: 1 });
    expect(await both()(expired, NOW_MS)).toEqual({ ok: false, problem: 'expired' });
    const spaceless = await sign('RS256', rsa.privateKey, 'key-0', { space: '' });
    expect(await both()(spaceless, NOW_MS)).toEqual({ ok: false, problem: 'invalid' });
  });

  test('does not take another key, another algorithm, none, or the public key as a secret', async () => {
    const stranger = await generateKeyPair('RS256');
    const pem = new TextEncoder().encode(await exportSPKI(rsa.publicKey));
    const encode = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');
    const tokens = {
      'another key': await sign('RS256', stranger.privateKey, 'key-0'),
      'an unknown key': await sign('RS256', rsa.privateKey, 'key-9'),
      'a key of another algorithm': await sign('PS256', (await generateKeyPair('PS256')).privateKey, 'key-0'),
      'HS256 with the public key': await sign('HS256', pem, 'key-0'),
      none: `${encode({ alg: 'none' })}.${encode(claims)}.`,
      'none, named as a key': `${encode({ alg: 'none', kid: 'key-0' })}.${encode(claims)}.`,
      'no token': 'nonsense',
    };
    for (const [what, token] of Object.entries(tokens)) {
      expect(await both()(token, NOW_MS), what).toEqual({ ok: false, problem: 'invalid' });
    }
  });

  test('takes no keyed token where there is no key set', async () => {
    const verify = tokenVerifier({ AUTH_SECRETS: [SECRET] } as never);
    expect(await verify(await sign('RS256', rsa.privateKey, 'key-0'), NOW_MS)).toMatchObject({ ok: false });
  });
});

describe('keys that cannot be read', () => {
  test.each([
    ['an error', { status: 500, body: '' }],
    ['no key set', { status: 200, body: '{"keys":1}' }],
    ['no JSON', { status: 200, body: '<html>' }],
  ])('because of %s, are told apart from a bad token', async (_, broken) => {
    const working = answer;
    answer = () => broken;
    const verified = await both()(await sign('RS256', rsa.privateKey, 'key-0'), NOW_MS);
    answer = working;
    expect(verified).toEqual({ ok: false, problem: 'keys-unavailable' });
  });

  test('because nobody is there: tokens of the secret are good nevertheless', async () => {
    const verify = tokenVerifier({
      AUTH_SECRETS: [SECRET],
      AUTH_JWKS_URL: 'http://127.0.0.1:1/keys',
    } as never);
    expect(await verify(await sign('RS256', rsa.privateKey, 'key-0'), NOW_MS)).toEqual({
      ok: false,
      problem: 'keys-unavailable',
    });
    expect(await verify(await issueToken(claims, SECRET), NOW_MS)).toMatchObject({ ok: true });
  });
});
