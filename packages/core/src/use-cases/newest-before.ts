import { isEverything } from '../domain/topics.ts';
import type { EventLog, PartitionId } from '../ports/event-log.ts';

/**
 * The commit that a reader of `topics` should have had before `beforeSeq`: the newest with one of them. Where the log has
 * none it is the compaction floor, never less: what is gone may have been one (I5). Of everything it is known unread.
 */
export async function newestBefore(
  log: Pick<EventLog, 'newestOf' | 'floor'>,
  at: PartitionId,
  topics: readonly string[],
  beforeSeq: number,
): Promise<number> {
  if (isEverything(topics)) return beforeSeq - 1;
  if (topics.length === 0) return 0;
  const { space, partition } = at;
  const newest = await log.newestOf({ space, partition, topics, beforeSeq });
  return newest > 0 ? newest : Math.min(beforeSeq - 1, await log.floor({ space, partition }));
}
