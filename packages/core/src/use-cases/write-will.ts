import type { ClientId, Outcome, Presence } from '@mnemon/protocol';
import type { Identity, Speaker } from '../domain/caller.ts';
import { hashOf } from '../domain/commit.ts';
import type { Node } from '../ports/nodes.ts';
import type { Ports } from '../ports/ports.ts';
import { attemptWrite } from './write-entries.ts';

type Will = NonNullable<Presence['will']>;

/** Its instance may have had a write under way when it vanished; more than a few it had not. */
const MAX_ATTEMPTS = 4;

/**
 * Writes what an instance left to be written once its connection is over: in its name and within its grants (I8), and once,
 * however often this is called. Not when it is back meanwhile, for then it speaks for itself: who connects is noted before
 * it can write, so either that is seen here, or what it writes comes after this.
 *
 * False when it still waits behind others' writes: then it has to be called again.
 */
export async function writeWill(ports: Ports, speaker: Speaker): Promise<boolean> {
  const will = (await lastNoted(ports, speaker))?.presence?.will;
  if (!will) return true;
  const client = willOf(speaker);
  const caller = identityOf(speaker, ports.clock.now());
  for (let attempts = 0, n = 1; attempts < MAX_ATTEMPTS; attempts++) {
    const op = await willOp(ports, speaker, will);
    if (!op || !(await lastNoted(ports, speaker))) return true;
    const batch = { client, n, ops: [op], resend: true };
    const attempt = await attemptWrite(ports, { batch, caller, requestId: '' });
    if (!('ack' in attempt)) continue; // what went through the inbox is answered when it is asked for again
    if (!isOvertaken(attempt.ack.outcomes[0])) return true;
    n++;
  }
  return false;
}

/** The instance, unless another connection of it was noted since. */
async function lastNoted({ nodes }: Ports, speaker: Speaker): Promise<Node | undefined> {
  const node = await nodes.get(speaker);
  return node?.connectionId === speaker.connectionId ? node : undefined;
}

/** I6: the same for all who write it. */
const willOf = ({ connectionId }: Speaker): ClientId => `will:${hashOf(connectionId)}` as ClientId;

/** What it left was said under a token that was good. Nobody waits for an ack. */
const identityOf = ({ space, instanceId, userId, grants }: Speaker, tokenExpiresAtMs: number): Identity => ({
  ...{ space, instanceId, userId, grants, tokenExpiresAtMs },
});

/** Replaces the version that is there now, and no other; nothing where there has to be one and is none. */
async function willOp({ log, clock }: Ports, { space }: Speaker, { key, value, ifExists, ttlMs }: Will) {
  const loaded = await log.load({ space, partition: 0, keys: [key], mutations: [] });
  const entry = loaded?.entries.get(key);
  if (ifExists && entry?.value === undefined) return undefined;
  return {
    op: 'put' as const,
    key,
    value,
    seen: entry?.clock ?? {},
    expectedVersion: entry?.value === undefined ? 0 : entry.version,
    hlc: { wallMs: clock.now(), counter: 0 },
    ...(ttlMs !== undefined && { ttlMs }),
  };
}

const isOvertaken = (outcome: Outcome | undefined): boolean =>
  outcome?.status === 'refused' && outcome.code === 'conflict';
