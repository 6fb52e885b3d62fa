import type { SpaceId } from '@mnemon/protocol';
import type { Ports } from '../ports/ports.ts';

const RECORDS_PER_STEP = 500;

/**
 * Forgets the conflicts that were resolved at `untilMs` or before, and answers how many; those that wait for somebody
 * stay. May be repeated, may run twice at once, and may die anywhere.
 */
export async function forgetConflicts(
  { conflicts }: Pick<Ports, 'conflicts'>,
  space: SpaceId,
  untilMs: number,
): Promise<number> {
  let count = 0;
  for (let gone = RECORDS_PER_STEP; gone === RECORDS_PER_STEP; count += gone) {
    gone = await conflicts.forget(space, { untilMs, limit: RECORDS_PER_STEP });
  }
  return count;
}
