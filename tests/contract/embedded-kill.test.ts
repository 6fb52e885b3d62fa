import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedStore } from '@mnemon/adapters/memory';
import { CHAIN_START, type PartitionId, verifyChain } from '@mnemon/core';
import { newSpace } from '@mnemon/testing/contracts/stored-history';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const NEVER = 2 ** 40;
const fixture = new URL('./embedded-kill.fixture.ts', import.meta.url);

let path: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'mnemon-kill-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(path, { recursive: true });
});

/** A process that writes until it is killed and prints the number of each write that was acked. */
function startWriter(space: string, compactAboveBytes: number): ChildProcess {
  child = fork(fixture, [path, space, `${compactAboveBytes}`], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  return child;
}

/** Answers the number of the last write that was acked. */
async function killAfter(writes: number, writer: ChildProcess): Promise<number> {
  let text = '';
  writer.stdout?.on('data', (chunk) => {
    text += chunk;
    if (text.split('\n').length > writes) writer.kill('SIGKILL');
  });
  const [, signal] = await once(writer, 'close');
  expect(signal).toBe('SIGKILL');
  return Number(text.split('\n').at(-2));
}

describe('kill -9 of the process that has the store', () => {
  test.for([
    ['', NEVER],
    [', often while compacting,', 1000],
  ] as const)('at any moment%s loses no write that was acked', async ([, compactAboveBytes]) => {
    const at: PartitionId = { space: newSpace(), partition: 0 };
    let written = 0;
    for (const writes of [1, 50, 300]) {
      const acked = await killAfter(writes, startWriter(at.space, compactAboveBytes));
      const { log, inbox, close } = embeddedStore({ path }); // takes the dead process's lock over
      const commits = await log.commits({ ...at, afterSeq: 0, limit: 10_000 });
      const entries = await log.entries({ ...at, afterKey: undefined, limit: 10_000 });
      const waiting = await inbox.list(at, 10);
      await close();
      expect(verifyChain(CHAIN_START, commits).intact).toBe(true);
      // What was being written when it died may be there, or not.
      expect([written + acked, written + acked + 1]).toContain(commits.length);
      const newest = new Map(
        commits.flatMap(({ commit }) => commit.events.map(({ key, value }) => [key, value])),
      );
      expect(new Map(entries.map(({ key, value }) => [key, value]))).toEqual(newest);
      // A batch that died between its two steps waits, and so does that of a former death.
      expect(waiting.length).toBeLessThanOrEqual(3);
      for (const { batch } of waiting) {
        expect(commits.some(({ commit }) => commit.mutation.client === batch.client)).toBe(false);
      }
      written = commits.length;
    }
  });

  test('before that, its folder is refused to others', async () => {
    const writer = startWriter(newSpace(), NEVER);
    await once(writer.stdout as NodeJS.EventEmitter, 'data');
    expect(() => embeddedStore({ path })).toThrow(`in use by process ${writer.pid}`);
    writer.kill('SIGKILL');
    await once(writer, 'close');
    await embeddedStore({ path }).close();
  });
});
