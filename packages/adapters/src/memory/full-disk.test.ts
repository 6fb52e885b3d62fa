import type fs from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Unavailable } from '@mnemon/core';
import { loadAll, openSpace, write } from '@mnemon/testing/contracts/stored-history';
import { afterEach, expect, test, vi } from 'vitest';
import { embeddedStore } from './embedded-store.ts';

const disk = vi.hoisted(() => ({ freeBytes: Number.POSITIVE_INFINITY, canTruncate: true }));
vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof fs>();
  const full = () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  return {
    ...real,
    writeSync: (fd: number, bytes: Buffer, from: number) => {
      if (disk.freeBytes <= 0) throw full();
      const written = real.writeSync(fd, bytes, from, Math.min(bytes.length - from, disk.freeBytes));
      disk.freeBytes -= written;
      return written;
    },
    ftruncateSync: (fd: number, length: number) => {
      if (!disk.canTruncate) throw full();
      real.ftruncateSync(fd, length);
    },
  };
});

const path = mkdtempSync(join(tmpdir(), 'mnemon-full-'));
afterEach(() => {
  Object.assign(disk, { freeBytes: Number.POSITIVE_INFINITY, canTruncate: true });
  rmSync(path, { recursive: true });
});

test('a record that only fits in part is refused and leaves nothing; with room again, work goes on', async () => {
  const store = embeddedStore({ path });
  const at = await openSpace(store.log);
  const change = (value: string) => [{ values: [['a', value]] as const }];
  await write(store.log, at, change('before'));
  disk.freeBytes = 40;
  await expect(write(store.log, at, change('lost'))).rejects.toThrow(Unavailable);
  const { head, entries } = await loadAll(store.log, at, ['a']);
  expect(head.seq).toBe(1);
  expect(entries.get('a')?.value).toBe('before');

  disk.freeBytes = Number.POSITIVE_INFINITY;
  expect(await write(store.log, at, change('after'))).toBe('committed');
  await store.close();
  const again = embeddedStore({ path });
  expect((await loadAll(again.log, at, ['a'])).entries.get('a')?.value).toBe('after');

  // What cannot be taken back would damage what comes after it: then nothing more is taken.
  Object.assign(disk, { freeBytes: 40, canTruncate: false });
  await expect(write(again.log, at, change('torn'))).rejects.toThrow(Unavailable);
  Object.assign(disk, { freeBytes: Number.POSITIVE_INFINITY, canTruncate: true });
  await expect(write(again.log, at, change('refused'))).rejects.toThrow(Unavailable);
  await again.close();
  const third = embeddedStore({ path });
  expect((await loadAll(third.log, at, ['a'])).entries.get('a')?.value).toBe('after');
  await third.close();
});

test.each([
  ['on a disk that refuses that', { path }],
  ['without a disk', {}],
])('what was applied by half and cannot be undone is shown to nobody: %s', async (_, options) => {
  const store = embeddedStore(options);
  const at = await openSpace(store.log);
  await write(store.log, at, [{ values: [['a', 'before']] }]);
  disk.canTruncate = false;
  const poison = [null as never];
  await expect(write(store.log, at, [{ values: [['a', 'poison']] }], poison)).rejects.toThrow();
  disk.canTruncate = true;
  await expect(store.log.commits({ ...at, afterSeq: 0, limit: 9 })).rejects.toThrow(Unavailable);
  await expect(write(store.log, at, [{ values: [['a', 'after']] }])).rejects.toThrow(Unavailable);
  await store.close();

  const again = embeddedStore({ path });
  const kept = 'path' in options ? ['before'] : [];
  expect(
    (await again.log.entries({ ...at, afterKey: undefined, limit: 9 })).map(({ value }) => value),
  ).toEqual(kept);
  await again.close();
});
