import { setTimeout as delay } from 'node:timers/promises';
import { connect, type JsonValue, type Mnemon } from '@mnemon/client';
import { authors } from './authors.ts';
import { keyOf } from './path-key.ts';
import { progressBar } from './progress-bar.ts';
import type { HistoryCommit } from './repository.ts';

export interface ReplayOptions {
  history: readonly HistoryCommit[];
  /** Blob -> bytes. */
  sizes: ReadonlyMap<string, number>;
  url: string;
  token: () => Promise<string>;
  /** From half-way on called while a commit is being written, until it answers true. */
  interrupt: (writer: Mnemon) => Promise<boolean>;
}

/** Key -> blob. */
export type Files = ReadonlyMap<string, string>;

export interface ReplayResult {
  /** What a client that was never there before finds. */
  service: Files;
  observers: readonly Files[];
  commits: number;
  seconds: number;
  deliveries: number;
  connects: number;
  reconnects: number;
  /** How often an observer could not go on from where it was. */
  reloads: number;
}

/** As many writes as may wait for their acks at once. */
const WRITES_AT_ONCE = 1_000;

export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { history, url, token } = options;
  const observers = await Promise.all(
    ['observer-1', 'observer-2'].map((instanceId) => connect({ url, token, instanceId })),
  );
  let deliveries = 0;
  for (const observer of observers) observer.subscribe('**', () => deliveries++);
  const people = authors({ url, token });
  const bar = progressBar(history.length);
  const startedAt = performance.now();
  let isInterrupted = false;
  let writtenAtMs = 0;
  for (const [index, commit] of history.entries()) {
    const author = await people.at(commit.author, index);
    await later(writtenAtMs);
    const writing = writeCommit(author, commit, options.sizes);
    if (!isInterrupted && index >= history.length / 2) isInterrupted = await options.interrupt(author);
    writtenAtMs = await writing;
    bar.show(index + 1, `${people.present()} authors connected`);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  bar.end();
  await people.leave();
  const late = await connect({ url, token, instanceId: 'latecomer' });
  const service = await filesOf(late);
  await Promise.all(observers.map((observer) => reaches(observer, seqOf(late))));
  const seen = await Promise.all(observers.map(filesOf));
  await Promise.all([late, ...observers].map((each) => each.close()));
  const sum = (counter: 'reconnects' | 'reloads') =>
    observers.reduce((total, { status }) => total + status[counter], 0);
  return {
    service,
    observers: seen,
    commits: history.length,
    seconds,
    deliveries,
    connects: people.connects(),
    reconnects: people.reconnects() + sum('reconnects'),
    reloads: sum('reloads'),
  };
}

/**
 * Resolves once the clock shows more than `atMs`. Authors who see nothing of each other are put in order by their
 * clocks alone; two writes of one millisecond would be ordered by name.
 */
async function later(atMs: number): Promise<void> {
  while (Date.now() <= atMs) await delay(1);
}

/** Answers when the last of it was written. */
async function writeCommit(
  author: Mnemon,
  commit: HistoryCommit,
  sizes: ReadonlyMap<string, number>,
): Promise<number> {
  const { changes, authorTimeS } = commit;
  let writtenAtMs = 0;
  for (let at = 0; at < changes.length; at += WRITES_AT_ONCE) {
    const writes = changes.slice(at, at + WRITES_AT_ONCE).map(({ path, blob }) => {
      const key = keyOf(path);
      if (blob === undefined) return author.delete(key);
      return author.write(key, { blob, authorTimeS, sizeBytes: sizes.get(blob) ?? null });
    });
    writtenAtMs = Date.now();
    await Promise.all(writes);
  }
  return writtenAtMs;
}

const seqOf = ({ status }: Mnemon): number => status.cursor?.seq[0] ?? 0;

/** Resolves when `memory` has applied the commit `seq`. */
function reaches(memory: Mnemon, seq: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const check = () => {
      if (memory.status.state === 'closed') reject(new Error('the connection was closed for good'));
      else if (memory.status.state !== 'live' || seqOf(memory) < seq) return;
      else resolve();
      stop();
    };
    const stop = memory.onStatus(check);
    check();
  });
}

async function filesOf(memory: Mnemon): Promise<Files> {
  const entries = [...(await memory.entries('**'))];
  return new Map(entries.map(({ key, value }) => [key, (value as Record<string, JsonValue>).blob as string]));
}
