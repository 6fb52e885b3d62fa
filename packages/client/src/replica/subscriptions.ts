import { callGuarded } from '../guarded-call.ts';
import type { Change, ChangeCallback } from './change.ts';
import { createPatternTrie } from './pattern-trie.ts';

/** Who hears of which changes. */
export interface Subscriptions {
  /** Answers the way out. The same callback may be added many times. */
  add(pattern: string, callback: ChangeCallback): () => void;
  /** Calls for each change, in order, everybody whose pattern matches, in the order in which they came. */
  emit(changes: readonly Change[]): void;
  clear(): void;
}

interface Subscriber {
  readonly callback: ChangeCallback;
  readonly order: number;
}

export function createSubscriptions(onError: (error: unknown) => void): Subscriptions {
  const subscribers = new Map<Subscriber, string>();
  const byPattern = createPatternTrie<Subscriber>();
  let lastOrder = 0;

  function remove(subscriber: Subscriber, pattern: string): void {
    if (subscribers.delete(subscriber)) byPattern.remove(pattern, subscriber);
  }

  return {
    add(pattern, callback) {
      const subscriber = { callback, order: ++lastOrder };
      subscribers.set(subscriber, pattern);
      byPattern.add(pattern, subscriber);
      return () => remove(subscriber, pattern);
    },
    emit(changes) {
      for (const change of changes) {
        // Found before anybody is called: who subscribes in a callback hears of what comes after this change, not of it.
        for (const subscriber of byPattern.find(change.key).sort(byOrder)) {
          if (subscribers.has(subscriber)) callGuarded(subscriber.callback, change, onError);
        }
      }
    },
    clear() {
      for (const [subscriber, pattern] of subscribers) remove(subscriber, pattern);
    },
  };
}

const byOrder = (a: Subscriber, b: Subscriber): number => a.order - b.order;
