import { type Entry, isInScope, type Rebuilt, type Scope } from '@mnemon/protocol';
import { canonicalText } from '../domain/commit.ts';
import { compareKeys } from '../domain/compare-keys.ts';
import type { PartitionId } from '../ports/event-log.ts';
import type { PastPorts } from './find-moment.ts';
import { readChunk, snapshotBefore } from './read-snapshot.ts';
import { entriesIn } from './scoped-entries.ts';
import { versionsBy } from './state-at.ts';

const COMMITS_PER_STEP = 50;
const KEYS_PER_READ = 500;

export type Difference = Rebuilt['differences'][number];

/** What is compared: as far as the commit `headSeq`. */
export interface Step {
  ports: PastPorts;
  at: PartitionId;
  scope: Scope;
  headSeq: number;
}

/** Where a part of a comparison goes on. */
export interface Place {
  afterKey?: string | undefined;
  afterSeq?: number | undefined;
}

export interface Checked {
  compared: number;
  differences: readonly Difference[];
  /** Left out where that was the last of it. */
  next?: Place;
}

/** Whether the next entries are what the log makes of their keys. */
export async function checkEntries(step: Step, { afterKey }: Place): Promise<Checked> {
  const { ports, at, scope, headSeq } = step;
  const { entries, isLast } = await entriesIn(ports, at.space, scope, afterKey);
  const settled = entries.filter(({ seq }) => seq <= headSeq); // others were written while this goes on
  const keys = settled.map(({ key }) => key);
  const made = await versionsBy(ports, at, keys, headSeq);
  const differences = settled.flatMap((entry): Difference[] => {
    const expected = made.get(entry.key);
    if (!expected) return [{ key: entry.key, problem: 'unfounded' }];
    if (canonicalText(expected) === canonicalText(entry)) return [];
    return [{ key: entry.key, problem: 'different', seq: expected.seq }];
  });
  const lastKey = entries.at(-1)?.key;
  return {
    compared: settled.length,
    differences,
    ...(!isLast && lastKey !== undefined && { next: { afterKey: lastKey } }),
  };
}

/** Whether what the snapshot at the log's floor tells is kept: chunk by chunk. */
export async function checkSnapshot(step: Step, { afterKey }: Place): Promise<Checked> {
  const { ports, at, scope } = step;
  const floor = await ports.log.floor(at);
  const snapshot = floor > 0 ? await snapshotBefore(ports, at, floor) : undefined;
  const chunk = snapshot?.chunks.find(
    ({ lastKey }) => afterKey === undefined || compareKeys(lastKey, afterKey) > 0,
  );
  if (!snapshot || !chunk) return { compared: 0, differences: [] };
  const keys = (await readChunk(ports, at, snapshot, chunk)).map(({ key }) => key);
  const missing = await missingOf(
    step,
    keys.filter((key) => isInScope(scope, key)),
    ({ seq }) => seq <= snapshot.seq, // what the log after it changed is looked at there
  );
  return { compared: missing.length, differences: missing, next: { afterKey: chunk.lastKey } };
}

/** Whether what the next commits made is kept. Each key counts at the newest commit that changed it. */
export async function checkLog(step: Step, { afterSeq = 0 }: Place): Promise<Checked> {
  const { ports, at, scope, headSeq } = step;
  const page = await ports.log.commits({ ...at, afterSeq, limit: COMMITS_PER_STEP });
  const commits = page.filter(({ commit }) => commit.seq <= headSeq);
  const keys = commits.flatMap(({ commit }) => commit.events.map(({ key }) => key));
  const seqs = new Set(commits.map(({ commit }) => commit.seq));
  const missing = await missingOf(
    step,
    keys.filter((key) => isInScope(scope, key)),
    ({ seq }) => seqs.has(seq),
  );
  const last = commits.length === COMMITS_PER_STEP ? commits.at(-1) : undefined;
  return {
    compared: missing.length,
    differences: missing,
    ...(last && { next: { afterSeq: last.commit.seq } }),
  };
}

/** Of these keys, those without an entry though there should be one. Only tombstones are ever forgotten. */
async function missingOf(
  { ports, at, headSeq }: Step,
  keys: readonly string[],
  counts: (made: Entry) => boolean,
): Promise<Difference[]> {
  const all = [...new Set(keys)];
  const differences: Difference[] = [];
  for (let i = 0; i < all.length; i += KEYS_PER_READ) {
    const some = all.slice(i, i + KEYS_PER_READ);
    const loaded = await ports.log.load({ ...at, keys: some, mutations: [] });
    const absent = some.filter((key) => !loaded?.entries.has(key));
    for (const [key, made] of await versionsBy(ports, at, absent, headSeq)) {
      if (made.value !== undefined && counts(made) && absent.includes(key)) {
        differences.push({ key, problem: 'missing', seq: made.seq });
      }
    }
  }
  return differences;
}
