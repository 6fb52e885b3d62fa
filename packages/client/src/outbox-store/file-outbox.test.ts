import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonValue } from '@mnemon/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileOutbox } from './file-outbox.ts';
import type { OutboxStore } from './outbox-store.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnemon-outbox-'));
  path = join(folder, 'outbox.ndjson');
});
afterEach(() => rmSync(folder, { recursive: true }));

const save = (store: OutboxStore, id: number, record?: JsonValue) => store.save(new Map([[id, record]]));
const contentOf = async () => {
  const store = await openFileOutbox({ path });
  const content = store.recover();
  await store.close();
  return content;
};

test.each(['[[3,"torn', '[[3,"torn"]]', '[[3', '['])(
  'a last line that was cut off at %s is as never written',
  async (torn) => {
    const store = await openFileOutbox({ path });
    await save(store, 1, 'one');
    await save(store, 2, 'two');
    await store.close();
    appendFileSync(path, torn);
    const again = await openFileOutbox({ path });
    expect(again.recover()).toEqual([
      [1, 'one'],
      [2, 'two'],
    ]);
    await save(again, 3, 'three');
    await again.close();
    expect(await contentOf()).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ]);
  },
);

test('a line that was once whole and is no more is not passed over', async () => {
  writeFileSync(path, '[[1,"one"]]\n[[2,"tw\n[[3,"three"]]\n');
  await expect(openFileOutbox({ path })).rejects.toMatchObject({ code: 'outbox-unusable' });
  expect(readFileSync(path, 'utf8')).toContain('three');
  expect(readdirSync(folder)).toEqual(['outbox.ndjson']);
});

test('stays small, however much goes through it', async () => {
  const store = await openFileOutbox({ path, compactAboveBytes: 10_000 });
  let largest = 0;
  for (let id = 1; id <= 2_000; id++) {
    await save(store, id, { text: 'ü'.repeat(100) });
    if (id > 10) await save(store, id - 10);
    largest = Math.max(largest, statSync(path).size);
  }
  expect(largest).toBeLessThan(11_000);
  await store.close();
  expect((await contentOf()).map(([id]) => id)).toEqual(Array.from({ length: 10 }, (_, at) => 1991 + at));
});

test('the claim of a process that is dead is taken over, also when its number is another’s by now', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const suffix = '11111111-1111-4111-8111-111111111111.claim';
  writeFileSync(`${path}.${pid}-1-${suffix}`, '');
  writeFileSync(`${path}.${process.pid}-1-${suffix}`, ''); // an earlier process of this number, as in a container
  const store = await openFileOutbox({ path });
  expect(readdirSync(folder)).toHaveLength(2);
  await store.close();
  expect(readdirSync(folder)).toEqual(['outbox.ndjson']);
});

test('is one outbox, whichever way its folder is named', async () => {
  symlinkSync(folder, join(folder, 'alias'));
  const store = await openFileOutbox({ path });
  await expect(openFileOutbox({ path: join(folder, 'alias', 'outbox.ndjson') })).rejects.toMatchObject({
    code: 'outbox-in-use',
  });
  await store.close();
});

test('nobody else on the machine may read it', async () => {
  const store = await openFileOutbox({ path });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await store.close();
});
