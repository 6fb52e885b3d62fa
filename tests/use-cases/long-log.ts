import { GENESIS, type SealedCommit, seal } from '@mnemon/core';
import type { ClientId, Entry, InstanceId } from '@mnemon/protocol';
import { AT, makeWorld, SPACE, type World } from './world.ts';

/** A world with a log of as many commits, of one key each and of 100 keys together, made in one step. */
export async function worldWithCommits(count: number): Promise<World> {
  const world = makeWorld();
  const { log, randomId } = world.ports;
  const epoch = await log.open(SPACE, randomId());
  const author = 'bob' as InstanceId;
  const commits: SealedCommit[] = [];
  const entries = new Map<string, Entry>();
  for (let seq = 1; seq <= count; seq++) {
    const key = `k${seq % 100}`;
    const version = (entries.get(key)?.version ?? 0) + 1;
    const made = {
      key,
      version,
      value: seq,
      clock: { bob: version },
      hlc: { wallMs: world.now(), counter: 0 },
      author,
    };
    const commit = {
      ...AT,
      seq,
      epoch,
      author,
      committedAtMs: world.now(),
      events: [{ type: version === 1 ? ('created' as const) : ('updated' as const), ...made }],
      mutation: { client: 'outbox' as ClientId, n: seq, outcomes: [{ status: 'applied' as const, version }] },
      prevHash: commits.at(-1)?.hash ?? GENESIS,
    };
    commits.push(seal(commit));
    entries.set(key, { ...made, partition: 0, seq });
  }
  const left = [...entries.values()].map((entry) => ({ entry, loadedSeq: 0 }));
  await log.append({ ...AT, commits, entries: left, settled: [] });
  return world;
}
