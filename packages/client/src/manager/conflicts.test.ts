import type { Entry, InstanceId, Sibling } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import type { WriteOptions } from '../mnemon.ts';
import { MnemonError } from '../mnemon-error.ts';
import type { Written } from '../outbox/pending-op.ts';
import { createConflicts } from './conflicts.ts';

const sibling = (author: string, value: string): Sibling => ({
  ...{ author: author as InstanceId, value, clock: { [author]: 1 } },
  hlc: { wallMs: 1, counter: 0 },
});

/** Version `version` of `k`, in which two values lie side by side. */
const open = (version: number): Entry =>
  ({
    ...{ key: 'k', version, seq: version, value: 'b' },
    siblings: [sibling('ann', 'a'), sibling('bob', 'b')],
  }) as unknown as Entry;

const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

/** A resolver that joins values, and a server that answers its writes when the test says what. */
function createScene() {
  interface Write {
    expects: number | undefined;
    ttlMs: number | undefined;
    resolve(written: Written): void;
    reject(error: Error): void;
  }
  const writes: Write[] = [];
  const told: string[] = [];
  const errors: unknown[] = [];
  const conflicts = createConflicts({
    counters: { conflicts: 0 },
    tell: (name, ...[detail]) => told.push(`${name} ${(detail as { version: number }).version}`),
    resolver: (versions) => ({
      resolved: { value: versions.map(({ value }) => value).join() },
      ...{ strategy: 'join', discarded: [] },
    }),
    onError: (error) => errors.push(error),
    memory: () => ({
      serverNowMs: () => 1_000,
      fetch: async () => undefined,
      delete: async () => Promise.reject(new Error('nothing is deleted here')),
      write: (_key: string, _value: unknown, { expectedVersion: expects, ttlMs }: WriteOptions = {}) =>
        new Promise<Written>((resolve, reject) => void writes.push({ expects, ttlMs, resolve, reject })),
    }),
  });
  return {
    ...{ told, errors, conflicts },
    expected: () => writes.map(({ expects }) => expects),
    lifetimes: () => writes.map(({ ttlMs }) => ttlMs),
    see: async (version: number, more: Partial<Entry> = {}) => {
      conflicts.merged('k', version, { ...open(version), ...more });
      await turn();
    },
    async applied(version: number) {
      writes.at(-1)?.resolve({ key: 'k', version, merged: false });
      await turn();
    },
    async refused(error: Error) {
      writes.at(-1)?.reject(error);
      await turn();
    },
  };
}

const met = (current: Entry) => new MnemonError('conflict', 'another version is there', { current });

describe('a conflict that comes while another of its key is being closed', () => {
  test('is closed next, when it came upon the answer', async () => {
    const { see, applied, expected, told } = createScene();
    await see(2);
    await see(4); // the write of version 3 is committed, and met at once
    await applied(3);
    expect(expected()).toEqual([2, 4]);
    await applied(5);
    expect(told.filter((what) => what.startsWith('conflict-resolved'))).toEqual([
      'conflict-resolved 3',
      'conflict-resolved 5',
    ]);
  });

  test('is not closed again, when the answer was refused for it and given anew', async () => {
    const { see, refused, applied, expected } = createScene();
    await see(2);
    await see(3);
    await refused(met(open(3)));
    await applied(4);
    expect(expected()).toEqual([2, 3]);
    await see(4);
    expect(expected(), 'that is what was made').toEqual([2, 3]);
  });

  test('is closed next, also when the first could not be', async () => {
    const { see, refused, applied, expected, told } = createScene();
    await see(2);
    await see(3);
    await refused(new MnemonError('too-old', 'no'));
    expect(expected()).toEqual([2, 3]);
    await applied(4);
    expect(told.at(-1)).toBe('conflict-resolved 4');
  });

  test('of a key whose conflict could not be closed, whoever sees it next may', async () => {
    const { see, refused, expected, errors } = createScene();
    await see(2);
    await refused(new Error('the resolver failed'));
    await see(2);
    expect(expected()).toEqual([2, 2]);
    expect(errors).toHaveLength(1);
  });
});

test('what closes a conflict lives as long as what it closes, by the server’s clock', async () => {
  const { see, applied, lifetimes } = createScene();
  await see(2);
  await applied(3);
  await see(4, { expiresAtMs: 1_500 });
  expect(lifetimes()).toEqual([undefined, 500]);
});
