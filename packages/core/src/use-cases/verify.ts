import { CHAIN_START, type ChainEnd, verifyChain } from '../domain/verify-chain.ts';
import type { PartitionId } from '../ports/event-log.ts';
import type { Ports } from '../ports/ports.ts';

export type Verdict =
  | { intact: true; end: ChainEnd }
  | { intact: false; seq: number; problem: 'missing' | 'rewritten' | 'unlinked' | 'truncated' };

const COMMITS_PER_READ = 500;

/** Walks the whole hash chain of a partition; finds a rewritten, a missing and a cut-off commit (I2). */
export async function verify(ports: Pick<Ports, 'log'>, at: PartitionId): Promise<Verdict> {
  let end = CHAIN_START;
  for (;;) {
    const commits = await ports.log.commits({ ...at, afterSeq: end.seq, limit: COMMITS_PER_READ });
    if (commits.length === 0) break;
    const check = verifyChain(end, commits);
    if (!check.intact) return check;
    end = check.end;
  }
  const newestEntrySeq = await ports.log.newestEntrySeq(at);
  if (newestEntrySeq > end.seq) return { intact: false, seq: end.seq + 1, problem: 'truncated' };
  return { intact: true, end };
}
