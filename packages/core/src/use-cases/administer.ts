import {
  administers,
  DEFAULT_RETENTION,
  type Retention,
  type SnapshotSummary,
  wireError,
} from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { Manifest } from '../domain/manifest.ts';
import type { Checkpoint } from '../ports/checkpoints.ts';
import type { Ports } from '../ports/ports.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { type SnapshotPorts, takeSnapshot } from './take-snapshot.ts';

// What only who has all rights to everything in a space may ask for: it is about all of it (I8).

export async function snapshotSpace(
  ports: SnapshotPorts,
  identity: Identity,
): Promise<Answered<SnapshotSummary>> {
  if (!administers(identity.grants)) return refuse(noAdmin());
  const taken = await takeSnapshot(ports, { space: identity.space, partition: 0 });
  return taken.ok ? ok(summaryOf(taken.value)) : taken;
}

/** The newest first. */
export async function listSnapshots(
  { snapshots }: Pick<Ports, 'snapshots'>,
  { space, grants }: Identity,
): Promise<Answered<SnapshotSummary[]>> {
  if (!administers(grants)) return refuse(noAdmin());
  return ok((await snapshots.list({ space, partition: 0 })).map(summaryOf));
}

export async function listCheckpoints(
  { checkpoints }: Pick<Ports, 'checkpoints'>,
  { space, grants }: Identity,
): Promise<Answered<readonly Checkpoint[]>> {
  return administers(grants) ? ok(await checkpoints.list(space)) : refuse(noAdmin());
}

export async function readRetention(
  { spaces }: Pick<Ports, 'spaces'>,
  { space, grants }: Identity,
): Promise<Answered<Retention>> {
  if (!administers(grants)) return refuse(noAdmin());
  return ok((await spaces.retention(space)) ?? DEFAULT_RETENTION);
}

export async function setRetention(
  { spaces }: Pick<Ports, 'spaces'>,
  { space, grants }: Identity,
  retention: Retention,
): Promise<Answered<Retention>> {
  if (!administers(grants)) return refuse(noAdmin());
  if (await spaces.setRetention(space, retention)) return ok(retention);
  return refuse(wireError('not-found', 'nothing was ever kept in this space'));
}

const summaryOf = ({
  seq,
  epoch,
  takenAtMs,
  counts,
  commitHash,
  contentHash,
}: Manifest): SnapshotSummary => ({
  seq,
  epoch,
  takenAtMs,
  counts,
  commitHash,
  contentHash,
});

export const noAdmin = () => wireError('forbidden', 'only who administers everything');
