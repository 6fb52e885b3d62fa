import { allows, type Delivery, type Grant, readsEverything } from '@mnemon/protocol';
import type { Commit } from './commit.ts';

/**
 * A commit as a reader with these grants may see it (I8). One of which nothing is left is still delivered, empty: that
 * something happened is no secret, and without it the reader would see a gap.
 */
export function deliver(commit: Commit, grants: readonly Grant[]): Delivery {
  const { partition, seq, author, events } = commit;
  const visible = readsEverything(grants)
    ? events
    : events.filter((event) => allows(grants, 'read', event.key));
  return { partition, seq, prev: seq - 1, author, events: [...visible] };
}
