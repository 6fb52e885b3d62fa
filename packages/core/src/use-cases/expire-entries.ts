import type { ClientId } from '@mnemon/protocol';
import { planExpiry } from '../domain/expiry.ts';
import { appendOf } from '../domain/plan-commits.ts';
import type { PartitionId } from '../ports/event-log.ts';
import type { DueEntry } from '../ports/lifetimes.ts';
import type { Ports } from '../ports/ports.ts';
import { publish } from './publish.ts';

const ENTRIES_PER_PAGE = 500;
const ENTRIES_PER_COMMIT = 100;
/** Others write to the partition, too. What this does not get through, the next run finds again. */
const MAX_ATTEMPTS = 8;
/** So that it ends well within its invocation. */
const TURN_MS = 20_000;

/**
 * Turns entries whose lifetime is over into `expired` events, which subscribers receive, and answers how many. Bounded in
 * time. It may run twice at once, and beside any writer: like every append, its own fits what it loaded or does nothing
 * (I1, I2).
 */
export async function expireEntries(ports: Ports): Promise<number> {
  const startMs = ports.clock.now();
  let count = 0;
  let after: DueEntry | undefined;
  do {
    const due = await ports.lifetimes.expired({ untilMs: startMs, after, limit: ENTRIES_PER_PAGE });
    for (const { at, keys } of byPartition(due)) {
      for (let i = 0; i < keys.length; i += ENTRIES_PER_COMMIT) {
        count += await expireKeys(ports, at, keys.slice(i, i + ENTRIES_PER_COMMIT));
      }
    }
    after = due.length < ENTRIES_PER_PAGE ? undefined : due.at(-1);
  } while (after && ports.clock.now() < startMs + TURN_MS);
  return count;
}

async function expireKeys(ports: Ports, at: PartitionId, keys: readonly string[]): Promise<number> {
  const mutation = { client: `expiry:${ports.randomId()}` as ClientId, n: 1 };
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const loaded = await ports.log.load({ ...at, keys, mutations: [] });
    if (!loaded) return 0;
    const plan = planExpiry(loaded, at, mutation, ports.clock.now());
    if (plan.commits.length === 0) return 0;
    if ((await ports.log.append(appendOf(plan))) === 'conflict') continue;
    await publish(ports, plan);
    return plan.entries.length;
  }
  return 0;
}

function byPartition(due: readonly DueEntry[]): { at: PartitionId; keys: string[] }[] {
  const groups = new Map<string, { at: PartitionId; keys: string[] }>();
  for (const { space, partition, key } of due) {
    const name = `${space}/${partition}`;
    const group = groups.get(name) ?? { at: { space, partition }, keys: [] };
    group.keys.push(key);
    groups.set(name, group);
  }
  return [...groups.values()];
}
