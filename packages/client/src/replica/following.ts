import type { Connection } from '../connection/connection.ts';
import { createGivenUp, type GivenUp } from './given-up.ts';
import type { Replica } from './replica.ts';
import type { SeenClocks } from './seen-clocks.ts';
import { isOf, type Topics } from './topics.ts';
import type { Witnesses } from './witnesses.ts';

/** Brings what the server sends to what the application wants. */
export interface Following {
  readonly givenUp: GivenUp;
  /** Numbers a change of the subscriptions: greater than all before. */
  nextChange(): number;
  /** Follows what is wanted: more first, so that what is held of it is never given up between. */
  adjust(): void;
  /** The same at the end of this turn: what is wanted and given up in one go costs nothing. */
  adjustSoon(): void;
}

export interface FollowingOptions {
  readonly connection: Connection;
  readonly topics: Topics;
  readonly replica: Replica;
  readonly seen: Pick<SeenClocks, 'learn'>;
  readonly witnesses: Witnesses;
}

export function createFollowing(options: FollowingOptions): Following {
  const { connection, topics, replica, seen, witnesses } = options;
  let lastChange = 0;
  let isAdjustDue = false;

  const nextChange = () => ++lastChange;
  const givenUp = createGivenUp(
    (topic) => topics.wanted.includes(topic),
    (patterns) => connection.send('unsubscribe', { patterns, change: nextChange() }),
  );

  function adjust(): void {
    const { state } = connection;
    if (topics.missing.length > 0 && (state.name === 'live' || !state.following)) {
      connection.dispatch({ type: 'follow' });
    } else if (state.name === 'live' && topics.surplus.length > 0) giveUp(topics.surplus);
  }

  /** That it gets lost does no harm: what is still sent is not kept, and the server hears of it again. */
  function giveUp(surplus: readonly string[]): void {
    givenUp.add(surplus);
    topics.drop(surplus);
    replica.keep((key) => isOf(topics.held, key), seen.learn); // what is written upon it has still seen it
    witnesses.unsettled();
  }

  function adjustSoon(): void {
    if (isAdjustDue) return;
    isAdjustDue = true;
    queueMicrotask(() => {
      isAdjustDue = false;
      adjust();
    });
  }

  return { givenUp, nextChange, adjust, adjustSoon };
}
