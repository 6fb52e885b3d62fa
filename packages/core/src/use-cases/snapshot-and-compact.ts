import { DEFAULT_RETENTION, type Retention, type SpaceId } from '@mnemon/protocol';
import type { PartitionId } from '../ports/event-log.ts';
import type { Ports } from '../ports/ports.ts';
import { type Compaction, type CompactionPorts, compact } from './compact.ts';
import { forgetConflicts } from './forget-conflicts.ts';
import { forgetTombstones } from './forget-tombstones.ts';
import { type SnapshotPorts, takeSnapshot } from './take-snapshot.ts';

type UpkeepPorts = SnapshotPorts & CompactionPorts & Pick<Ports, 'spaces' | 'lifetimes' | 'conflicts'>;

const SPACES_PER_PAGE = 100;

/**
 * Takes a snapshot of a space when one is due, compacts its log, and forgets the tombstones of what the log no longer tells
 * and the conflicts that were resolved before that.
 */
export async function snapshotAndCompact(ports: UpkeepPorts, space: SpaceId): Promise<Compaction> {
  const at = { space, partition: 0 };
  const retention = (await ports.spaces.retention(space)) ?? DEFAULT_RETENTION;
  if (await isSnapshotDue(ports, at, retention)) await takeSnapshot(ports, at);
  const compaction = await compact(ports, at, retention);
  await forgetTombstones(ports, at);
  await forgetConflicts(ports, space, ports.clock.now() - retention.logMs);
  return compaction;
}

/**
 * Whether the log has grown enough since the last snapshot, or has commits from then on that are older than retention:
 * however few, without a snapshot they and the tombstones that they made would be kept for ever.
 */
async function isSnapshotDue(
  { log, snapshots, clock }: UpkeepPorts,
  at: PartitionId,
  { logMs, snapshotEveryCommits }: Retention,
): Promise<boolean> {
  const headSeq = (await log.head(at.space))?.seq[at.partition] ?? 0;
  const coveredSeq = (await snapshots.newest(at, headSeq))?.seq ?? 0;
  if (headSeq - coveredSeq >= snapshotEveryCommits) return true;
  if (headSeq === coveredSeq) return false;
  const [oldest] = await log.commits({ ...at, afterSeq: coveredSeq, limit: 1 });
  return oldest !== undefined && oldest.commit.committedAtMs <= clock.now() - logMs;
}

/**
 * The same for every space, until `untilMs`: beginning with the one whose turn was the longest ago, so that none is left out
 * however many there are. What goes wrong with one is told and keeps nothing from the others. Answers how many were dealt
 * with.
 */
export async function snapshotAndCompactAll(
  ports: UpkeepPorts,
  untilMs: number,
  onFailure: (space: SpaceId, error: unknown) => void,
): Promise<number> {
  const { clock } = ports;
  const beforeMs = clock.now();
  let done = 0;
  for (;;) {
    const due = await ports.spaces.dueForUpkeep({ beforeMs, limit: SPACES_PER_PAGE });
    for (const space of due) {
      if (clock.now() >= untilMs) return done;
      // First, so that one at which everything dies does not stay the next.
      await ports.spaces.beginUpkeep(space, clock.now());
      await snapshotAndCompact(ports, space).catch((error: unknown) => onFailure(space, error));
      done++;
    }
    if (due.length < SPACES_PER_PAGE) return done;
  }
}
