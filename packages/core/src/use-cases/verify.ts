import type { ChainEnd, Verdict } from '@mnemon/protocol';
import { canonicalText, type SealedCommit } from '../domain/commit.ts';
import { evolve } from '../domain/decide.ts';
import { isSealed } from '../domain/manifest.ts';
import { CHAIN_START, type ChainCheck, verifyChain } from '../domain/verify-chain.ts';
import type { PartitionId } from '../ports/event-log.ts';
import type { Ports } from '../ports/ports.ts';
import { UnreadableCommit } from '../ports/unreadable-commit.ts';

type Flaw = Extract<Verdict, { intact: false }>;
type VerifyPorts = Pick<Ports, 'log' | 'snapshots'>;

/** How far a walk came; `isWhole` when that is all there is. */
export type Walked = { intact: true; end: ChainEnd; isWhole: boolean } | Flaw;

interface Walk {
  known?: ChainEnd | undefined;
  /** Where an earlier part of it ended. */
  from?: ChainEnd | undefined;
  /** Whether this part has taken long enough. */
  isOver?: () => boolean;
}

const COMMITS_PER_READ = 500;

/**
 * Walks the whole hash chain of a partition, from the log's floor on: finds a commit that was rewritten, that is missing,
 * or that belongs elsewhere, and a log that was cut off (I2). The newest commit has no successor to betray it; it is
 * compared with the entries that it made. Who may write to the store can forge both: that is noticed by whoever passes
 * the `end` of an earlier verification as `known`.
 */
export async function verify(ports: VerifyPorts, at: PartitionId, known?: ChainEnd): Promise<Verdict> {
  const walked = await walkChain(ports, at, { known });
  return walked.intact ? { intact: true, end: walked.end } : walked;
}

/** The same in parts. */
export async function walkChain(ports: VerifyPorts, at: PartitionId, part: Walk): Promise<Walked> {
  for (;;) {
    const floor = await ports.log.floor(at);
    const walked = await walkFrom(ports, at, floor, part);
    // What was missing may have been compacted on the way.
    if (walked.intact || (await ports.log.floor(at)) === floor) return walked;
  }
}

async function walkFrom(ports: VerifyPorts, at: PartitionId, floor: number, part: Walk): Promise<Walked> {
  const { known = CHAIN_START, from, isOver = () => false } = part;
  const start = from && from.seq >= floor ? from : await chainStart(ports, at, floor);
  if (!start) return { intact: false, seq: floor, problem: 'missing' };
  let end = start;
  let newest: SealedCommit | undefined;
  let newestEntrySeq: number | undefined;
  for (;;) {
    const { commits, unreadableSeq } = await readOn(ports, at, end.seq);
    if (commits.length === 0 && unreadableSeq === undefined) {
      if (newestEntrySeq !== undefined) break;
      // Before the log is looked at for the last time: what was committed meanwhile is in there.
      newestEntrySeq = await ports.log.newestEntrySeq(at);
      continue;
    }
    // Only while there is more: whoever walks on then sees the newest commit.
    if (newest && isOver()) return { intact: true, end, isWhole: false };
    const check = checkPage(at, end, commits, known);
    if (!check.intact) return check;
    end = check.end;
    newest = commits.at(-1);
    if (unreadableSeq !== undefined) return notOne(end.seq + 1, unreadableSeq);
  }
  if (Math.max(newestEntrySeq, known.seq) > end.seq) {
    return { intact: false, seq: end.seq + 1, problem: 'truncated' };
  }
  // Of a log that begins at its head only the newest commit is left, and nothing follows the floor.
  const last = newest ?? (end.seq > 0 ? await commitAt(ports, at, end) : undefined);
  // A new commit let it go just now: there is more to walk.
  if (last === 'overtaken') return walkFrom(ports, at, floor, part);
  if (last && 'problem' in last) return last;
  return (last && (await flawOfNewest(ports, at, last))) ?? { intact: true, end, isWhole: true };
}

/** The commit that a walk has ended at without having read it. */
async function commitAt(
  ports: VerifyPorts,
  at: PartitionId,
  end: ChainEnd,
): Promise<SealedCommit | Flaw | 'overtaken'> {
  const { commits, unreadableSeq } = await readOn(ports, at, end.seq - 1);
  if (unreadableSeq !== undefined) return notOne(end.seq, unreadableSeq);
  const [sealed] = commits;
  if (!sealed) return { intact: false, seq: end.seq, problem: 'missing' };
  if (sealed.commit.seq !== end.seq) return 'overtaken';
  const before = { seq: end.seq - 1, hash: sealed.commit.prevHash };
  const check = checkPage(at, before, [sealed], end);
  return check.intact ? sealed : check;
}

/** The next commits, as far as they can be read. */
async function readOn({ log }: Pick<Ports, 'log'>, at: PartitionId, afterSeq: number) {
  try {
    return { commits: await log.commits({ ...at, afterSeq, limit: COMMITS_PER_READ }) };
  } catch (error) {
    if (!(error instanceof UnreadableCommit)) throw error;
    return { commits: error.before, unreadableSeq: error.seq };
  }
}

const notOne = (seq: number, unreadableSeq: number): Flaw => ({
  intact: false,
  seq,
  problem: seq === unreadableSeq ? 'rewritten' : 'missing',
});

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
  // One that came after it may have renewed the epoch.
  const isNewest = !loaded || loaded.head.seq <= seq;
  if (isNewest && loaded?.epoch !== commit.epoch) return { intact: false, seq, problem: 'foreign' };
  const differs = [...made.values()].some((entry) => {
    const kept = loaded?.entries.get(entry.key);
    if (!kept) return entry.value !== undefined; // clean-up forgets old tombstones
    return kept.seq < seq || (kept.seq === seq && canonicalText(kept) !== canonicalText(entry));
  });
  return differs ? { intact: false, seq, problem: 'rewritten' } : undefined;
}
