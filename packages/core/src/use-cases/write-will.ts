import type { ClientId, Outcome, Presence } from '@mnemon/protocol';
import type { Caller } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import { attemptWrite } from './write-entries.ts';

type Will = NonNullable<Presence['will']>;

/** Its instance may have had a write under way when it vanished; more than a few it had not. */
const MAX_ATTEMPTS = 4;

/**
 * Writes what an instance left to be written once its connection is over: in its name and within its grants (I8). Not
 * when it is back meanwhile, for then it speaks for itself: who connects is noted before it can write, so either that is
 * seen here, or what it writes comes after this.
 */
export async function writeWill(ports: Ports, caller: Caller, will: Will): Promise<void> {
  const client = `will:${ports.randomId()}` as ClientId;
  for (let n = 1; n <= MAX_ATTEMPTS; n++) {
    const op = await willOp(ports, caller, will);
    if (!op) return;
    const node = await ports.nodes.get(caller);
    if (node?.connectionId !== caller.connectionId || node.status === 'online') return;
    const { connectionId: _, connectedAtMs: __, ...identity } = caller;
    const batch = { client, n, ops: [op] };
    const attempt = await attemptWrite(ports, { batch, caller: identity, requestId: '' });
    // What waits in the inbox is committed by whoever empties it.
    if (!('ack' in attempt) || !isOvertaken(attempt.ack.outcomes[0])) return;
  }
}

/** Replaces the version that is there now, and no other; nothing where there has to be one and is none. */
async function willOp({ log, clock }: Ports, { space }: Caller, { key, value, ifExists }: Will) {
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
  };
}

const isOvertaken = (outcome: Outcome | undefined): boolean =>
  outcome?.status === 'refused' && outcome.code === 'conflict';
