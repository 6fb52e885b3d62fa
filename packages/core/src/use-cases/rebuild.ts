import {
  administers,
  type Entry,
  isInScope,
  type RebuildRequest,
  type Rebuilt,
  type Scope,
  wireError,
} from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { canonicalText, hashOf } from '../domain/commit.ts';
import { evolve } from '../domain/decide.ts';
import type { PastPorts } from './find-moment.ts';
import { snapshotBefore, snapshotEntries } from './read-snapshot.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { entriesIn } from './scoped-entries.ts';
import { nothingThere } from './state-at.ts';

const COMMITS_PER_READ = 500;
const REPORTED = 100;

type Difference = Rebuilt['differences'][number];

interface Made {
  seq: number;
  /** Of the entry's text: all that has to be remembered of a space while its log is read. */
  hash: string;
  deleted: boolean;
}

/**
 * Recomputes the state of a scope from the log, or from a snapshot and the log after it, and compares it with the entries
 * that are kept; changes nothing. Reads the whole log: a check for quiet hours, as `verify` is.
 */
export async function rebuild(
  ports: PastPorts,
  { space, grants }: Identity,
  { scope }: RebuildRequest,
): Promise<Answered<Rebuilt>> {
  if (!administers(grants)) return refuse(wireError('forbidden', 'no grant to administer the space')); // I8
  const head = await ports.log.head(space);
  if (!head) return refuse(nothingThere());
  const headSeq = head.seq[0] ?? 0;
  const made = await replay(ports, space, scope, headSeq);
  const differences: Difference[] = [];
  let compared = 0;
  for (let afterKey: string | undefined; ; ) {
    const { entries, isLast } = await entriesIn(ports, space, scope, afterKey);
    for (const entry of entries) {
      const expected = made.get(entry.key);
      made.delete(entry.key);
      if (entry.seq > headSeq) continue; // written while this went on
      compared += 1;
      const problem = problemOf(expected, hashOf(canonicalText(entry)));
      if (problem) differences.push({ key: entry.key, problem, ...(expected && { seq: expected.seq }) });
    }
    if (isLast) break;
    afterKey = entries.at(-1)?.key;
  }
  for (const [key, { seq, deleted }] of made) {
    if (deleted) continue; // old tombstones are forgotten
    compared += 1;
    differences.push({ key, problem: 'missing', seq });
  }
  return ok({
    compared,
    wrong: differences.length,
    differences: differences.slice(0, REPORTED),
  });
}

function problemOf(expected: Made | undefined, hash: string): Difference['problem'] | undefined {
  if (!expected) return 'unfounded';
  return expected.hash === hash ? undefined : 'different';
}

/** What the log up to `headSeq` makes of each key. */
async function replay(
  ports: PastPorts,
  space: Identity['space'],
  scope: Scope,
  headSeq: number,
): Promise<Map<string, Made>> {
  const at = { space, partition: 0 };
  const floor = await ports.log.floor(at);
  const snapshot = floor > 0 ? await snapshotBefore(ports, at, headSeq) : undefined;
  const made = new Map<string, Made>();
  const make = (entry: Entry): void => {
    if (!isInScope(scope, entry.key)) return;
    made.set(entry.key, {
      seq: entry.seq,
      hash: hashOf(canonicalText(entry)),
      deleted: entry.value === undefined,
    });
  };
  if (snapshot) for await (const entries of snapshotEntries(ports, at, snapshot)) entries.forEach(make);
  for (let afterSeq = snapshot?.seq ?? floor; afterSeq < headSeq; ) {
    const commits = await ports.log.commits({ ...at, afterSeq, limit: COMMITS_PER_READ });
    for (const { commit } of commits) {
      afterSeq = commit.seq;
      if (commit.seq > headSeq) break;
      for (const event of commit.events) make(evolve(event, commit.partition, commit.seq));
    }
    if (commits.length === 0) break;
  }
  return made;
}
