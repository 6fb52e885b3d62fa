import {
  allows,
  type ConflictList,
  type ConflictPage,
  type ConflictStats,
  type KeptConflict,
  matches,
  readsEverything,
  wireError,
} from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { ConflictRecord } from '../domain/conflict.ts';
import { fittingConflict } from '../domain/fitting-conflict.ts';
import { DELIVERY_BYTES, sizeOf } from '../domain/split-delivery.ts';
import type { Ports } from '../ports/ports.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { DEFAULT_ITEMS } from './scoped-entries.ts';

type Reader = Pick<Identity, 'space' | 'grants'>;

const ROWS_PER_READ = 200;
/** A request looks at no more than this; where little of it is asked for or allowed, pages are short. */
const ROWS_PER_PAGE = 2_000;

/** Conflicts on keys that the caller may read, the newest first: as many as fit a frame. */
export async function listConflicts(
  ports: Pick<Ports, 'conflicts'>,
  { space, grants }: Reader,
  { pattern = '**', limit = DEFAULT_ITEMS, page, status, strategy }: ConflictList,
): Promise<ConflictPage> {
  const found: KeptConflict[] = [];
  let beforeId = page;
  let roomBytes = DELIVERY_BYTES;
  for (let rows = 0; rows < ROWS_PER_PAGE; rows += ROWS_PER_READ) {
    const read = await ports.conflicts.list(space, { status, strategy, beforeId, limit: ROWS_PER_READ });
    for (const record of read) {
      // I8: what may not be read does not exist.
      if (matches(pattern, record.key) && allows(grants, 'read', record.key)) {
        const conflict = fittingConflict(record);
        roomBytes -= sizeOf(conflict) + 1;
        const isFull = found.length === limit || (roomBytes < 0 && found.length > 0);
        if (isFull) return { conflicts: found, page: beforeId as string };
        found.push(conflict);
      }
      beforeId = record.id;
    }
    if (read.length < ROWS_PER_READ) return { conflicts: found };
  }
  return { conflicts: found, ...(beforeId !== undefined && { page: beforeId }) };
}

/** One conflict. Refuses with `not-found`, also for a key that the caller may not read (I8). */
export async function getConflict(
  ports: Pick<Ports, 'conflicts'>,
  { space, grants }: Reader,
  id: string,
): Promise<Answered<ConflictRecord>> {
  const conflict = await ports.conflicts.get(space, id);
  if (conflict && allows(grants, 'read', conflict.key)) return ok(conflict);
  return refuse(wireError('not-found', `no conflict is called ${id.slice(0, 64)}`));
}

/** How many conflicts there were. They tell of all keys, so they are for those who may read all (I8). */
export async function conflictStats(
  ports: Pick<Ports, 'conflicts'>,
  { space, grants }: Reader,
): Promise<Answered<ConflictStats>> {
  if (!readsEverything(grants)) return refuse(wireError('forbidden', 'no grant to read **'));
  return ok(await ports.conflicts.stats(space));
}
