import { administers, isInScope, type Rebuilt, type Scope, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { canonicalText, hashOf } from '../domain/commit.ts';
import { evolve } from '../domain/decide.ts';
import type { Ports } from '../ports/ports.ts';
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
}

/**
 * Recomputes the state of a scope from the log and compares it with the entries that are kept; changes nothing. Reads
 * the whole log: a check for quiet hours, as `verify` is.
 */
export async function rebuild(
  ports: Pick<Ports, 'log'>,
  { space, grants }: Identity,
  scope: Scope,
): Promise<Answered<Rebuilt>> {
  if (!administers(grants)) return refuse(wireError('forbidden', 'no grant to administer the space')); // I8
  const head = await ports.log.head(space);
  if (!head) return refuse(nothingThere());
  const headSeq = head.seq[0] ?? 0;
  const { made, firstSeq } = await replay(ports, space, scope, headSeq);
  const differences: Difference[] = [];
  let compared = 0;
  for (let afterKey: string | undefined; ; ) {
    const { entries, isLast } = await entriesIn(ports, space, scope, afterKey);
    for (const entry of entries) {
      const expected = made.get(entry.key);
      made.delete(entry.key);
      // Written while this went on, or last before what the log still holds.
      if (entry.seq > headSeq || (!expected && entry.seq < firstSeq)) continue;
      compared += 1;
      const problem = problemOf(expected, hashOf(canonicalText(entry)));
      if (problem) differences.push({ key: entry.key, problem, ...(expected && { seq: expected.seq }) });
    }
    if (isLast) break;
    afterKey = entries.at(-1)?.key;
  }
  for (const [key, { seq }] of made) differences.push({ key, problem: 'missing', seq });
  return ok({
    compared: compared + made.size,
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
  { log }: Pick<Ports, 'log'>,
  space: Identity['space'],
  scope: Scope,
  headSeq: number,
): Promise<{ made: Map<string, Made>; firstSeq: number }> {
  const made = new Map<string, Made>();
  let firstSeq: number | undefined;
  for (let afterSeq = 0; afterSeq < headSeq; ) {
    const commits = await log.commits({ space, partition: 0, afterSeq, limit: COMMITS_PER_READ });
    for (const { commit } of commits) {
      firstSeq ??= commit.seq;
      afterSeq = commit.seq;
      if (commit.seq > headSeq) break;
      for (const event of commit.events) {
        if (!isInScope(scope, event.key)) continue;
        const entry = evolve(event, commit.partition, commit.seq);
        made.set(event.key, { seq: commit.seq, hash: hashOf(canonicalText(entry)) });
      }
    }
    if (commits.length === 0) break;
  }
  return { made, firstSeq: firstSeq ?? 1 };
}
