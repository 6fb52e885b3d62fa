import type { ChainEnd } from '@mnemon/protocol';
import { GENESIS, hashOf, type SealedCommit } from './commit.ts';

export const CHAIN_START: ChainEnd = { seq: 0, hash: GENESIS };

export type ChainCheck =
  | { intact: true; end: ChainEnd }
  | { intact: false; seq: number; problem: 'missing' | 'rewritten' | 'unlinked' };

/** Follows the hash chain over `commits`, which continue `from`, and names the first that does not fit (I2). */
export function verifyChain(from: ChainEnd, commits: Iterable<SealedCommit>): ChainCheck {
  let end = from;
  for (const { commit, text, hash } of commits) {
    const seq = end.seq + 1;
    if (commit.seq !== seq) return { intact: false, seq, problem: 'missing' };
    if (hashOf(text) !== hash) return { intact: false, seq, problem: 'rewritten' };
    if (commit.prevHash !== end.hash) return { intact: false, seq, problem: 'unlinked' };
    end = { seq, hash };
  }
  return { intact: true, end };
}
