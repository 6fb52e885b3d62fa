import { allows, matches, readsEverything, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { ConflictRecord } from '../domain/conflict.ts';
import type { ConflictFilter, ConflictStats } from '../ports/conflicts.ts';
import type { Ports } from '../ports/ports.ts';
import { type Answered, ok, refuse } from './refusal.ts';

type Reader = Pick<Identity, 'space' | 'grants'>;

export interface ConflictsRequest extends ConflictFilter {
  /** Of keys that match. */
  pattern?: string | undefined;
  limit: number;
  /** `next` of the page before. */
  cursor?: string | undefined;
}

export interface ConflictsPage {
  conflicts: readonly ConflictRecord[];
  /** Left out on the last page. */
  next?: string;
}

const ROWS_PER_READ = 200;
/** A request looks at no more than this; where little of it is asked for or allowed, pages are short. */
const ROWS_PER_PAGE = 2_000;

/** Conflicts on keys that the caller may read, newest first. */
export async function listConflicts(
  ports: Pick<Ports, 'conflicts'>,
  { space, grants }: Reader,
  { pattern = '**', limit, cursor, status, strategy }: ConflictsRequest,
): Promise<ConflictsPage> {
  const found: ConflictRecord[] = [];
  let beforeId = cursor;
  for (let rows = 0; rows < ROWS_PER_PAGE; rows += ROWS_PER_READ) {
    const page = await ports.conflicts.list(space, { status, strategy, beforeId, limit: ROWS_PER_READ });
    for (const conflict of page) {
      if (found.length === limit) return { conflicts: found, next: beforeId as string };
      beforeId = conflict.id;
      // I8: what may not be read does not exist.
      if (matches(pattern, conflict.key) && allows(grants, 'read', conflict.key)) found.push(conflict);
    }
    if (page.length < ROWS_PER_READ) return { conflicts: found };
  }
  return { conflicts: found, ...(beforeId !== undefined && { next: beforeId }) };
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
