import { DEFAULT_RETENTION, type SpaceId } from '@mnemon/protocol';
import type { Ports } from '../ports/ports.ts';
import { type Compaction, type CompactionPorts, compact } from './compact.ts';
import { forgetTombstones } from './forget-tombstones.ts';
import { type SnapshotPorts, takeSnapshot } from './take-snapshot.ts';

type UpkeepPorts = SnapshotPorts & CompactionPorts & Pick<Ports, 'spaces' | 'lifetimes'>;

const SPACES_PER_PAGE = 100;

/**
 * Takes a snapshot of a space when it has grown enough since the last, compacts its log, and forgets the tombstones of what
 * the log no longer tells.
 */
export async function snapshotAndCompact(ports: UpkeepPorts, space: SpaceId): Promise<Compaction> {
  const at = { space, partition: 0 };
  const retention = (await ports.spaces.retention(space)) ?? DEFAULT_RETENTION;
  const headSeq = (await ports.log.head(space))?.seq[0] ?? 0;
  const newest = await ports.snapshots.newest(at, headSeq);
  if (headSeq - (newest?.seq ?? 0) >= retention.snapshotEveryCommits) await takeSnapshot(ports, at);
  const compaction = await compact(ports, at, retention);
  await forgetTombstones(ports, at);
  return compaction;
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
