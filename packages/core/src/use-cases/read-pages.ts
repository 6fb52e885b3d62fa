import type { Entry } from '@mnemon/protocol';
import type { SealedCommit } from '../domain/commit.ts';
import type { EventLog, PartitionId } from '../ports/event-log.ts';

/** So few that a page of the largest ones is no burden. */
const ENTRIES_PER_PAGE = 200;
const COMMITS_PER_PAGE = 100;

/** All entries as they are by and by, tombstones included, in the order of their keys. */
export async function* entryPages(
  log: Pick<EventLog, 'entries'>,
  { space, partition }: PartitionId,
): AsyncGenerator<readonly Entry[], void> {
  const all = { space, partition, limit: ENTRIES_PER_PAGE, withTombstones: true };
  for (let afterKey: string | undefined; ; ) {
    const page = await log.entries({ ...all, afterKey });
    if (page.length > 0) yield page;
    if (page.length < ENTRIES_PER_PAGE) return;
    afterKey = page.at(-1)?.key;
  }
}

/** The commits after `afterSeq` up to `throughSeq`, which are all there; throws `MissingCommits` if they are not. */
export async function* commitPages(
  log: Pick<EventLog, 'commits'>,
  { space, partition }: PartitionId,
  range: { afterSeq: number; throughSeq: number },
): AsyncGenerator<readonly SealedCommit[], void> {
  let { afterSeq } = range;
  while (afterSeq < range.throughSeq) {
    const limit = Math.min(COMMITS_PER_PAGE, range.throughSeq - afterSeq);
    const page = await log.commits({ space, partition, afterSeq, limit });
    // What was compacted or taken away between two pages must not look like a whole range (I5).
    const isWhole = page.length > 0 && page.every(({ commit }, i) => commit.seq === afterSeq + 1 + i);
    if (!isWhole) throw new MissingCommits(afterSeq + 1);
    yield page;
    afterSeq += page.length;
  }
}

/** The log does not hold what was to be read of it. */
export class MissingCommits extends Error {
  override readonly name = 'MissingCommits';
  constructor(seq: number) {
    super(`the log does not hold commit ${seq}`);
  }
}
