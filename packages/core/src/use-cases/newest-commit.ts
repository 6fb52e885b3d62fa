import type { Commit } from '../domain/commit.ts';
import type { PartitionId } from '../ports/event-log.ts';
import type { Ports } from '../ports/ports.ts';

/**
 * The newest commit up to `headSeq` of which `holds` is true, where it is true of none after one of which it is false.
 * Found by halving: as many reads as the log's length has digits in base two.
 */
export async function newestCommit(
  { log }: Pick<Ports, 'log'>,
  at: PartitionId,
  headSeq: number,
  holds: (commit: Commit) => boolean,
): Promise<Commit | undefined> {
  let newest: Commit | undefined;
  let low = 0; // it holds up to here
  let high = headSeq; // it does not beyond here
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [next] = await log.commits({ ...at, afterSeq: middle, limit: 1 });
    if (next && next.commit.seq <= high && holds(next.commit)) {
      newest = next.commit;
      low = newest.seq;
    } else high = middle;
  }
  return newest;
}
