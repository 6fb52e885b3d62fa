import type { Loaded, PartitionId } from '../ports/event-log.ts';
import type { WaitingBatch } from '../ports/inbox.ts';
import type { Ports } from '../ports/ports.ts';

/** Reads what the decision on `waiting` needs; opens the space when it is the first to write to it. */
export async function loadFor(
  ports: Ports,
  at: PartitionId,
  waiting: readonly WaitingBatch[],
  mayBeAnswered: boolean,
): Promise<Loaded> {
  const keys = [...new Set(waiting.flatMap(({ batch }) => batch.ops.map(({ key }) => key)))];
  const mutations = mayBeAnswered ? waiting.map(({ batch: { client, n } }) => ({ client, n })) : [];
  const locks = [
    ...new Set(waiting.flatMap(({ batch }) => batch.ops.flatMap(({ fence }) => fence?.lock ?? []))),
  ];
  const loaded = await ports.log.load({ ...at, keys, mutations, ...(locks.length > 0 && { locks }) });
  if (loaded) return loaded;
  await ports.log.open(at.space, ports.randomId());
  return loadFor(ports, at, waiting, mayBeAnswered);
}
