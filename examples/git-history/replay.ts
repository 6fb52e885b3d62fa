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
  /** Called after half of the commits. */
  halfWay: () => Promise<void>;
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
  let headSeq = 0;
  for (const [index, commit] of history.entries()) {
    if (index === Math.floor(history.length / 2)) await options.halfWay();
    const author = await people.at(commit.author, index);
    await reaches(author, headSeq); // authors edit what they see
    await writeCommit(author, commit, options.sizes);
    headSeq = seqOf(author);
    bar.show(index + 1, `${people.present()} authors connected`);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  bar.end();
  const connects = people.connects();
  await Promise.all(observers.map((observer) => reaches(observer, headSeq)));
  const reconnects = people.reconnects() + observers.reduce((sum, { status }) => sum + status.reconnects, 0);
  await people.leave();
  const late = await connect({ url, token, instanceId: 'latecomer' });
  const [service, ...seen] = await Promise.all([late, ...observers].map(filesOf));
  await Promise.all([late, ...observers].map((each) => each.close()));
  return {
    service: service as Files,
    observers: seen,
    commits: history.length,
    seconds,
    deliveries,
    connects,
    reconnects,
  };
}

async function writeCommit(
  author: Mnemon,
  commit: HistoryCommit,
  sizes: ReadonlyMap<string, number>,
): Promise<void> {
  const { changes, authorTimeS } = commit;
  for (let at = 0; at < changes.length; at += WRITES_AT_ONCE) {
    const writes = changes.slice(at, at + WRITES_AT_ONCE).map(({ path, blob }) => {
      const key = keyOf(path);
      if (blob === undefined) return author.delete(key);
      return author.write(key, { blob, authorTimeS, sizeBytes: sizes.get(blob) ?? null });
    });
    await Promise.all(writes);
  }
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
