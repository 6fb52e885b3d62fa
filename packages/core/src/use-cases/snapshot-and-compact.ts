import { DEFAULT_RETENTION, type SpaceId } from '@mnemon/protocol';
import type { Ports } from '../ports/ports.ts';
import { type Compaction, type CompactionPorts, compact } from './compact.ts';
import { type SnapshotPorts, takeSnapshot } from './take-snapshot.ts';

type UpkeepPorts = SnapshotPorts & CompactionPorts & Pick<Ports, 'spaces'>;

const SPACES_PER_PAGE = 100;

/** Takes a snapshot of a space when it has grown enough since the last, and compacts its log. */
export async function snapshotAndCompact(ports: UpkeepPorts, space: SpaceId): Promise<Compaction> {
  const at = { space, partition: 0 };
  const retention = (await ports.spaces.retention(space)) ?? DEFAULT_RETENTION;
  const headSeq = (await ports.log.head(space))?.seq[0] ?? 0;
  const newest = await ports.snapshots.newest(at, headSeq);
  if (headSeq - (newest?.seq ?? 0) >= retention.snapshotEveryCommits) await takeSnapshot(ports, at);
  return compact(ports, at, retention);
}

/**
 * The same for every space, one after the other, until `untilMs`. What goes wrong with one is told and keeps nothing from
 * the others. Answers how many were dealt with.
 */
export async function snapshotAndCompactAll(
  ports: UpkeepPorts,
  untilMs: number,
  onFailure: (space: SpaceId, error: unknown) => void,
): Promise<number> {
  let done = 0;
  for (let after: SpaceId | undefined; ; ) {
    const spaces = await ports.spaces.list({ after, limit: SPACES_PER_PAGE });
    for (const space of spaces) {
      if (ports.clock.now() >= untilMs) return done;
      await snapshotAndCompact(ports, space).catch((error: unknown) => onFailure(space, error));
      done++;
    }
    if (spaces.length < SPACES_PER_PAGE) return done;
    after = spaces.at(-1);
  }
}
