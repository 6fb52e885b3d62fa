import { GENESIS, type SealedCommit, seal } from '@mnemon/core';
import type { ClientId, InstanceId } from '@mnemon/protocol';
import { AT, SPACE, type World } from './world.ts';

/** Appends a commit for each list of keys, which it makes, in one step: many more of either than the write path takes. */
export async function appendedCommits(world: World, keysOfEach: readonly (readonly string[])[]) {
  const { log, randomId } = world.ports;
  await log.open(SPACE, randomId());
  const loaded = await log.load({ ...AT, keys: [], mutations: [] });
  if (!loaded) throw new Error('no such space');
  const author = 'bob' as InstanceId;
  const made = (key: string) => {
    const hlc = { wallMs: world.now(), counter: 0 };
    return { key, version: 1, value: 1, clock: { bob: 1 }, hlc, author };
  };
  const commits: SealedCommit[] = [];
  for (const [index, keys] of keysOfEach.entries()) {
    const seq = loaded.head.seq + 1 + index;
    const outcomes = keys.map(() => ({ status: 'applied' as const, version: 1 }));
    const commit = {
      ...AT,
      seq,
      epoch: loaded.epoch,
      author,
      committedAtMs: world.now(),
      events: keys.map((key) => ({ type: 'created' as const, ...made(key) })),
      mutation: { client: 'appended' as ClientId, n: seq, outcomes },
      prevHash: commits.at(-1)?.hash ?? (seq === 1 ? GENESIS : loaded.head.hash),
    };
    commits.push(seal(commit));
  }
  const entries = commits.flatMap(({ commit: { seq, events } }) =>
    events.map(({ key }) => ({ entry: { ...made(key), partition: 0, seq }, loadedSeq: 0 })),
  );
  const appended = await log.append({ ...AT, commits, entries, settled: [] });
  if (appended !== 'committed') throw new Error('the commits do not fit');
}
