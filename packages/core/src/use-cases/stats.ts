import { administers, type SpaceStats, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { nothingThere } from './state-at.ts';

/**
 * How much a space holds, and how far its instances are. Reads no entry and no commit: the store counts, in MongoDB by a
 * walk along an index, so it takes about a second per million entries.
 */
export async function stats(
  { log, nodes, checkpoints }: Pick<Ports, 'log' | 'nodes' | 'checkpoints'>,
  { space, grants }: Identity,
): Promise<Answered<SpaceStats>> {
  if (!administers(grants)) return refuse(wireError('forbidden', 'no grant to administer the space')); // I8
  const at = { space, partition: 0 };
  const [head, floor, counts, instances, reached] = await Promise.all([
    log.head(space),
    log.floor(at),
    log.countEntries(at),
    nodes.list(space),
    checkpoints.list(space),
  ]);
  if (!head) return refuse(nothingThere());
  const headSeq = head.seq[0] ?? 0;
  const seqs = new Map(
    reached.flatMap(({ instanceId, cursor }) =>
      cursor.epoch === head.epoch ? [[instanceId, cursor.seq[0] ?? 0] as const] : [],
    ),
  );
  return ok({
    head,
    commits: headSeq - Math.min(floor, headSeq),
    ...counts,
    nodes: instances.map(({ instanceId, status, lastSeenAtMs }) => {
      const seq = seqs.get(instanceId);
      return {
        instanceId,
        status,
        lastSeenAtMs,
        ...(seq !== undefined && { lag: Math.max(0, headSeq - seq) }),
      };
    }),
  });
}
