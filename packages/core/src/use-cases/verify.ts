import { canonicalText, type SealedCommit } from '../domain/commit.ts';
import { evolve } from '../domain/decide.ts';
import { isSealed } from '../domain/manifest.ts';
import { CHAIN_START, type ChainCheck, type ChainEnd, verifyChain } from '../domain/verify-chain.ts';
import type { PartitionId } from '../ports/event-log.ts';
import type { Ports } from '../ports/ports.ts';

type Flaw = {
  intact: false;
  /** The first commit that does not fit. */
  seq: number;
  /** `foreign`: of another space, partition or epoch. */
  problem: Extract<ChainCheck, { intact: false }>['problem'] | 'truncated' | 'foreign';
};
export type Verdict = { intact: true; end: ChainEnd } | Flaw;

const COMMITS_PER_READ = 500;

/**
 * Walks the whole hash chain of a partition, from the log's floor on: finds a commit that was rewritten, that is missing,
 * or that belongs elsewhere, and a log that was cut off (I2). The newest commit has no successor to betray it; it is
 * compared with the entries that it made. Who may write to the store can forge both: that is noticed by whoever passes
 * the `end` of an earlier verification as `known`.
 */
export async function verify(
  ports: Pick<Ports, 'log' | 'snapshots'>,
  at: PartitionId,
  known: ChainEnd = CHAIN_START,
): Promise<Verdict> {
  for (;;) {
    const floor = await ports.log.floor(at);
    const verdict = await walk(ports, at, floor, known);
    // What was missing may have been compacted on the way.
    if (verdict.intact || (await ports.log.floor(at)) === floor) return verdict;
  }
}

async function walk(
  ports: Pick<Ports, 'log' | 'snapshots'>,
  at: PartitionId,
  floor: number,
  known: ChainEnd,
): Promise<Verdict> {
  // First, so that a commit that is made meanwhile is in the log that is read below.
  const newestEntrySeq = await ports.log.newestEntrySeq(at);
  const start = await chainStart(ports, at, floor);
  if (!start) return { intact: false, seq: floor, problem: 'missing' };
  let end = start;
  let newest: SealedCommit | undefined;
  for (;;) {
    const commits = await ports.log.commits({ ...at, afterSeq: end.seq, limit: COMMITS_PER_READ });
    if (commits.length === 0) break;
    const check = checkPage(at, end, commits, known);
    if (!check.intact) return check;
    end = check.end;
    newest = commits.at(-1);
  }
  if (Math.max(newestEntrySeq, known.seq) > end.seq) {
    return { intact: false, seq: end.seq + 1, problem: 'truncated' };
  }
  return (newest && (await flawOfNewest(ports, at, newest))) ?? { intact: true, end };
}

/** Of a compacted log, the commit that the snapshot at its floor is of. */
async function chainStart(
  { snapshots }: Pick<Ports, 'snapshots'>,
  at: PartitionId,
  floor: number,
): Promise<ChainEnd | undefined> {
  if (floor === 0) return CHAIN_START;
  const manifest = await snapshots.newest(at, floor);
  return manifest?.seq === floor && isSealed(manifest)
    ? { seq: floor, hash: manifest.commitHash }
    : undefined;
}

function checkPage(
  at: PartitionId,
  from: ChainEnd,
  commits: readonly SealedCommit[],
  known: ChainEnd,
): ChainCheck | Flaw {
  const check = verifyChain(from, commits);
  const foreign = commits.find(
    ({ commit }) => commit.space !== at.space || commit.partition !== at.partition,
  );
  if (foreign && (check.intact || foreign.commit.seq <= check.seq)) {
    return { intact: false, seq: foreign.commit.seq, problem: 'foreign' };
  }
  if (!check.intact) return check;
  const seen = commits.find(({ commit }) => commit.seq === known.seq);
  return seen && seen.hash !== known.hash ? { intact: false, seq: known.seq, problem: 'rewritten' } : check;
}

/** Compares a commit with the epoch and with its entries, as far as no later commit has replaced them. */
async function flawOfNewest(
  { log }: Pick<Ports, 'log'>,
  at: PartitionId,
  { commit }: SealedCommit,
): Promise<Flaw | undefined> {
  const { seq, events } = commit;
  const made = new Map(events.map((event) => [event.key, evolve(event, at.partition, seq)]));
  const loaded = await log.load({ ...at, keys: [...made.keys()], mutations: [] });
  if (loaded?.epoch !== commit.epoch) return { intact: false, seq, problem: 'foreign' };
  const differs = [...made.values()].some((entry) => {
    const kept = loaded.entries.get(entry.key);
    if (!kept) return entry.value !== undefined; // clean-up forgets old tombstones
    return kept.seq < seq || (kept.seq === seq && canonicalText(kept) !== canonicalText(entry));
  });
  return differs ? { intact: false, seq, problem: 'rewritten' } : undefined;
}
