import { type ClientId, type Merged, type Op, type Outcome, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { canonicalText, hashOf } from '../domain/commit.ts';
import type { Pause } from '../ports/pause.ts';
import type { Ports } from '../ports/ports.ts';
import { getConflict } from './conflicts.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { writeAndWait } from './write-and-wait.ts';

/**
 * Merges what stands side by side: writes the merged version as one that has seen it all, which closes every open
 * conflict of the key in the same commit. Refuses with `not-found`, or with `conflict` when it is resolved already or
 * somebody has written since. The same merge by the same instance is made once: asked for again, because an answer may have
 * been lost, it gets the first one (I6).
 */
export async function resolveConflict(
  ports: Ports,
  pause: Pause,
  identity: Identity,
  id: string,
  merged: Merged,
): Promise<Answered<Outcome>> {
  const found = await getConflict(ports, identity, id);
  if (!found.ok) return found;
  const { value, expectedVersion, ...metadata } = merged;
  const { key, status, partition } = found.value;
  const mutation = { client: nameOf(identity, id, merged), n: 1 };
  const at = { space: identity.space, partition };
  const loaded = await ports.log.load({ ...at, keys: [key], mutations: [mutation] });
  const isMade = loaded !== undefined && loaded.answered.length > 0;
  if (status === 'resolved' && !isMade) {
    return refuse(wireError('conflict', 'the conflict is resolved already'));
  }
  const entry = loaded?.entries.get(key);
  const isOther = !isMade && expectedVersion !== undefined && expectedVersion !== entry?.version;
  if (!entry || isOther) {
    return refuse(wireError('conflict', `the entry is at version ${entry?.version ?? 0}`));
  }
  const hlc = { wallMs: ports.clock.now(), counter: 0 };
  // Its siblings may stand beside a deletion, which no expected version names: what has been seen says it, too.
  const fields = { key, seen: entry.clock, seenSeq: entry.seq, hlc, strategy: 'custom' as const };
  const op = (
    value === undefined ? { op: 'delete', ...fields } : { ...metadata, value, op: 'put', ...fields }
  ) as Op;
  // Said to be sent again, because it may be: its answer is then looked for first.
  const written = await writeAndWait(ports, pause, identity, { ...mutation, ops: [op], resend: true });
  if (!written.ok) return written;
  const [outcome] = written.value.outcomes;
  return outcome ? ok(outcome) : refuse(wireError('internal', 'an ack without an outcome'));
}

function nameOf({ space, instanceId }: Identity, id: string, merged: Merged): ClientId {
  const said = Object.entries(merged).filter(([, value]) => value !== undefined);
  const text = canonicalText({ space, instanceId, id, merged: Object.fromEntries(said) });
  return `resolve:${hashOf(text)}` as ClientId;
}
