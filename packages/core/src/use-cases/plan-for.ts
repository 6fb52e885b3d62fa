import type { SealedCommit } from '../domain/commit.ts';
import { type Plan, planCommits } from '../domain/plan-commits.ts';
import type { Loaded, PartitionId } from '../ports/event-log.ts';
import type { WaitingBatch } from '../ports/inbox.ts';
import type { Ports } from '../ports/ports.ts';

/**
 * Decides batches on what was loaded. Where a strategy asks what a concurrent writer had read, that commit is read and
 * all is decided anew: a round trip more, for such writes only.
 */
export async function planFor(
  ports: Pick<Ports, 'log' | 'clock'>,
  loaded: Loaded,
  waiting: readonly WaitingBatch[],
  at: PartitionId,
): Promise<Plan> {
  const nowMs = ports.clock.now();
  const consulted = new Map<number, SealedCommit | undefined>();
  for (;;) {
    const made = planCommits(loaded, waiting, at, nowMs, consulted);
    if (made.needs.length === 0) return made;
    const read = made.needs.map(async (seq) => {
      const [commit] = await ports.log.commits({ ...at, afterSeq: seq - 1, limit: 1 });
      consulted.set(seq, commit?.commit.seq === seq ? commit : undefined);
    });
    await Promise.all(read);
  }
}
