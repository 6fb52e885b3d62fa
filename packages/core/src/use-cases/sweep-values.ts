import type { PartitionId } from '../ports/event-log.ts';
import type { Ports } from '../ports/ports.ts';
import type { ValueId } from '../ports/values.ts';
import { snapshotBefore, snapshotEntriesOf } from './read-snapshot.ts';

type SweepPorts = Pick<Ports, 'log' | 'snapshots' | 'values'>;

const VALUES_PER_PAGE = 100;
const COMMITS_PER_READ = 50;

/**
 * Takes out large values that were put at `untilMs` or before and that nothing names which can be read: not the entry, not
 * the log, not the state that the log begins with. Answers how many. Whoever is about to name one again renews it first,
 * and it stays.
 */
export async function sweepValues(ports: SweepPorts, at: PartitionId, untilMs: number): Promise<number> {
  let dropped = 0;
  for (let after: ValueId | undefined; ; ) {
    const page = await ports.values.aged(at, { untilMs, after, limit: VALUES_PER_PAGE });
    for (const value of page) {
      if (await isNamed(ports, at, value)) continue;
      await ports.values.drop(at, value);
      dropped++;
    }
    if (page.length < VALUES_PER_PAGE) return dropped;
    after = page.at(-1);
  }
}

async function isNamed(ports: SweepPorts, at: PartitionId, { key, hash }: ValueId): Promise<boolean> {
  const { log } = ports;
  const loaded = await log.load({ ...at, keys: [key], mutations: [] });
  if (!loaded || loaded.entries.get(key)?.large?.hash === hash) return true;
  for (let beforeSeq = loaded.head.seq + 1; ; ) {
    const commits = await log.commitsOf({ ...at, key, beforeSeq, limit: COMMITS_PER_READ });
    const events = commits.flatMap(({ commit }) => commit.events);
    if (events.some((event) => event.key === key && event.large?.hash === hash)) return true;
    if (commits.length < COMMITS_PER_READ) break;
    beforeSeq = commits.at(-1)?.commit.seq ?? 0;
  }
  // After the log: what was taken out of it meanwhile, and still is part of the past, is in here by now.
  const floor = await log.floor(at);
  const base = floor > 0 ? await snapshotBefore(ports, at, floor) : undefined;
  if (!base) return false;
  return (await snapshotEntriesOf(ports, at, base, [key])).get(key)?.large?.hash === hash;
}
