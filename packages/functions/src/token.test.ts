import { createHmac } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { type Claims, instanceOf, issueToken, verifyToken } from './token.ts';

const SECRET = 'the secret that signs from today on';
const FORMER = 'the secret that signed until yesterday';
const NOW_MS = Date.UTC(2026, 0, 1);

const claims = {
  sub: 'user-1',
  space: 'team',
  instance: 'app-*',
  grants: [{ pattern: '**', access: 'write' }],
  exp: NOW_MS / 1000 + 60,
} as Claims;

const verify = (token: string, secrets = [SECRET]) => verifyToken(token, secrets, NOW_MS);

/** A token that says whatever it likes, signed by whomever. */
const signed = (payload: object, secret = SECRET) =>
  new SignJWT({ ...payload }).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));

const base64url = (json: unknown) => Buffer.from(JSON.stringify(json)).toString('base64url');

describe('a token', () => {
  test('that was issued with the secret is what it says', async () => {
    expect(await verify(await issueToken(claims, SECRET))).toEqual({ ok: true, claims });
  });

  test('is good with either secret while they are rotated, and with no other', async () => {
    for (const secret of [SECRET, FORMER]) {
      expect(await verify(await issueToken(claims, secret), [SECRET, FORMER])).toMatchObject({ ok: true });
    }
    const foreign = await issueToken(claims, 'a secret that nobody here has heard of');
    expect(await verify(foreign, [SECRET, FORMER])).toEqual({ ok: false, problem: 'invalid' });
    expect(await verify(await issueToken(claims, FORMER))).toEqual({ ok: false, problem: 'invalid' });
  });

  test('expires to the second, and says so under either secret', async () => {
    const until = (exp: number) => issueToken({ ...claims, exp }, FORMER);
    expect(await verify(await until(NOW_MS / 1000 + 1), [SECRET, FORMER])).toMatchObject({ ok: true });
    const expired = await until(NOW_MS / 1000);
    expect(await verify(expired, [SECRET, FORMER])).toEqual({ ok: false, problem: 'expired' });
    expect(await verify(expired, [FORMER, SECRET])).toEqual({ ok: false, problem: 'expired' });
  });

  test('that has expired and is foreign is only called invalid', async () => {
    const token = await issueToken({ ...claims, exp: 1 }, 'a secret that nobody here has heard of');
    expect(await verify(token)).toEqual({ ok: false, problem: 'invalid' });
  });

  test('that is not valid yet is invalid', async () => {
    expect(await verify(await signed({ ...claims, nbf: NOW_MS / 1000 + 10 }))).toMatchObject({ ok: false });
  });
});

describe('is no token', () => {
  test('one without a signature', async () => {
    const unsigned = `${base64url({ alg: 'none' })}.${base64url(claims)}.`;
    expect(await verify(unsigned)).toEqual({ ok: false, problem: 'invalid' });
  });

  test('one that is signed, but by another algorithm', async () => {
    const input = `${base64url({ alg: 'HS512' })}.${base64url(claims)}`;
    const signature = createHmac('sha512', SECRET).update(input).digest('base64url');
    expect(await verify(`${input}.${signature}`)).toEqual({ ok: false, problem: 'invalid' });
  });

  test('one whose claims were changed after signing', async () => {
    const [header, , signature] = (await issueToken(claims, SECRET)).split('.');
    const changed = `${header}.${base64url({ ...claims, space: 'other' })}.${signature}`;
    expect(await verify(changed)).toEqual({ ok: false, problem: 'invalid' });
  });

  test.each(['', '.', '..', 'a.b.c', 'null', 'é.é.é', 'x'.repeat(100_000)])('%.20j', async (text) => {
    expect(await verify(text)).toEqual({ ok: false, problem: 'invalid' });
  });

  test.each([
    ['no user', { sub: undefined }],
    ['an empty user', { sub: '' }],
    ['a user that is a number', { sub: 7 }],
    ['no space', { space: undefined }],
    ['a space that is no name', { space: '../other' }],
    ['no instance', { instance: undefined }],
    ['an instance with a wildcard in the middle', { instance: 'a*b' }],
    ['an instance that is a path', { instance: 'a/b' }],
    ['no grants', { grants: undefined }],
    ['an empty list of grants', { grants: [] }],
    ['a grant of an access that nobody knows', { grants: [{ pattern: '**', access: 'root' }] }],
    ['a grant on no pattern', { grants: [{ pattern: '', access: 'read' }] }],
    ['a grant that says more', { grants: [{ pattern: '**', access: 'read', space: 'other' }] }],
    ['101 grants', { grants: Array(101).fill({ pattern: '**', access: 'read' }) }],
    ['no expiry', { exp: undefined }],
    ['an expiry that is no 48-bit millisecond', { exp: 2 ** 48 }],
    ['half a second in its expiry', { exp: NOW_MS / 1000 + 0.5 }],
  ])('one with %s, however well signed', async (_, wrong) => {
    const payload = JSON.parse(JSON.stringify({ ...claims, ...wrong }));
    expect(await verify(await signed(payload))).toEqual({ ok: false, problem: 'invalid' });
  });
});

describe('the instance of a connection', () => {
  test.each([
    ['app', undefined, 'app'],
    ['app', 'app', 'app'],
    ['app', 'app2', undefined],
    ['app', 'ap', undefined],
    ['app-*', 'app-1', 'app-1'],
    ['app-*', 'app-', 'app-'],
    ['app-*', 'app', undefined],
    ['app-*', 'other-app-1', undefined],
    ['app-*', undefined, undefined],
    ['app-*', 'app-*', undefined],
    ['app-*', 'app-/..', undefined],
    ['*', 'anything', 'anything'],
    ['*', '', undefined],
    ['*', '__proto__', undefined],
    ['', undefined, undefined],
    ['app', '', undefined],
  ])('with a token for %j that asks to be %j is %j', (instance, wanted, expected) => {
    expect(instanceOf({ ...claims, instance }, wanted)).toBe(expected);
  });
});
