import { type Ack, allows, type Delivery, type Grant, type Outcome, readsEverything } from '@mnemon/protocol';
import type { Commit, SealedCommit } from './commit.ts';
import { shown } from './shown.ts';
import { concerns } from './topics.ts';

/**
 * A commit as a reader with these grants may see it (I8). One of which nothing is left is still delivered, empty: that
 * something happened is no secret, and without it the reader would see a gap.
 */
export function deliver(commit: Commit, grants: readonly Grant[], prev: number): Delivery {
  const { partition, seq, author, events } = commit;
  const visible = readsEverything(grants)
    ? events
    : events.filter((event) => allows(grants, 'read', event.key));
  return { partition, seq, prev, author, events: visible.map(shown) };
}

/** Who reads: what it may see, and what it follows. */
export interface Reader {
  grants: readonly Grant[];
  topics: readonly string[];
}

/**
 * Consecutive commits as `reader` gets them: those of its topics, each with the one before it (I4), and its own, of which
 * it awaits the acks. `before` is the newest commit of its topics from before all of them.
 */
export function deliverAll(
  commits: readonly SealedCommit[],
  reader: Reader,
  before: number,
  isOwn: (seq: number) => boolean,
): Delivery[] {
  const deliveries: Delivery[] = [];
  let prev = before;
  for (const { commit } of commits) {
    const isFollowed = concerns(commit, reader.topics);
    if (isFollowed || isOwn(commit.seq)) deliveries.push(deliver(commit, reader.grants, prev));
    if (isFollowed) prev = commit.seq;
  }
  return deliveries;
}

/** An ack without the entries outside the grants of the connection that it goes to: not always its writer's (I8). */
export function redact(ack: Ack, grants: readonly Grant[]): Ack {
  return readsEverything(grants) ? ack : { ...ack, outcomes: ack.outcomes.map((each) => hide(each, grants)) };
}

function hide(outcome: Outcome, grants: readonly Grant[]): Outcome {
  if (outcome.status !== 'refused' || !outcome.current) return outcome;
  const { current, ...bare } = outcome;
  return allows(grants, 'read', current.key) ? outcome : bare;
}
