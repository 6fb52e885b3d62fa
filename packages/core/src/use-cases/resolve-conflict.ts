import { type ClientId, type Merged, type Op, type Outcome, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { Pause } from '../ports/pause.ts';
import type { Ports } from '../ports/ports.ts';
import { getConflict } from './conflicts.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { writeAndWait } from './write-and-wait.ts';

/**
 * Merges what stands side by side: writes the merged version as one that has seen it all, which closes every open
 * conflict of the key in the same commit. Refuses with `not-found`, or with `conflict` when it is resolved already or
 * somebody has written since.
 */
export async function resolveConflict(
  ports: Ports,
  pause: Pause,
  identity: Identity,
  id: string,
  { value, expectedVersion, ...metadata }: Merged,
): Promise<Answered<Outcome>> {
  const found = await getConflict(ports, identity, id);
  if (!found.ok) return found;
  const { key, status, partition } = found.value;
  if (status === 'resolved') return refuse(wireError('conflict', 'the conflict is resolved already'));
  const loaded = await ports.log.load({ space: identity.space, partition, keys: [key], mutations: [] });
  const entry = loaded?.entries.get(key);
  if (!entry || (expectedVersion !== undefined && expectedVersion !== entry.version)) {
    return refuse(wireError('conflict', `the entry is at version ${entry?.version ?? 0}`));
  }
  const hlc = { wallMs: ports.clock.now(), counter: 0 };
  // Its siblings may stand beside a deletion, which no expected version names: what has been seen says it, too.
  const fields = { key, seen: entry.clock, seenSeq: entry.seq, hlc, strategy: 'custom' as const };
  const op = (
    value === undefined ? { op: 'delete', ...fields } : { op: 'put', ...fields, ...metadata, value }
  ) as Op;
  const client = `resolve-${ports.randomId()}` as ClientId;
  const written = await writeAndWait(ports, pause, identity, { client, n: 1, ops: [op] });
  if (!written.ok) return written;
  const [outcome] = written.value.outcomes;
  return outcome ? ok(outcome) : refuse(wireError('internal', 'an ack without an outcome'));
}
