import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { devSecret } from './dev-secret.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnemon-secret-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('is made once and kept, for its owner only, with nothing beside it', async () => {
  const data = join(folder, 'a', 'b');
  const secret = await devSecret(data);
  expect(secret).toMatch(/^[\w-]{43}$/);
  expect(await devSecret(data)).toBe(secret);
  expect(await readdir(data)).toEqual(['auth-secret']);
  expect((await stat(join(data, 'auth-secret'))).mode & 0o777).toBe(0o600);
});

test('of several that start at once there is one', async () => {
  const secrets = await Promise.all(Array.from({ length: 5 }, () => devSecret(folder)));
  expect(new Set(secrets).size).toBe(1);
});

test('an empty one, left by whoever was killed before it was written, is made anew', async () => {
  await writeFile(join(folder, 'auth-secret'), '');
  const secret = await devSecret(folder);
  expect(secret).toHaveLength(43);
  expect(await readFile(join(folder, 'auth-secret'), 'utf8')).toBe(secret);
});

test('without a folder each cloud has its own', async () => {
  expect(await devSecret(undefined)).not.toBe(await devSecret(undefined));
});
