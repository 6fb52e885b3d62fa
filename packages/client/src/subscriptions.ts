import { matches } from '@mnemon/protocol';
import type { Change, ChangeCallback } from './change.ts';
import { callGuarded } from './guarded-call.ts';

/** Who hears of which changes. */
export interface Subscriptions {
  /** Answers the way out. The same callback may be added many times. */
  add(pattern: string, callback: ChangeCallback): () => void;
  emit(changes: readonly Change[]): void;
  clear(): void;
}

export function createSubscriptions(onError: (error: unknown) => void): Subscriptions {
  const subscribers = new Set<{ pattern: string; callback: ChangeCallback }>();
  return {
    add(pattern, callback) {
      const subscriber = { pattern, callback };
      subscribers.add(subscriber);
      return () => void subscribers.delete(subscriber);
    },
    emit(changes) {
      for (const change of changes) {
        // A copy: who subscribes in a callback hears of what comes after this change, not of it.
        for (const subscriber of [...subscribers]) {
          const isIn = subscribers.has(subscriber) && matches(subscriber.pattern, change.key);
          if (isIn) callGuarded(subscriber.callback, change, onError);
        }
      }
    },
    clear: () => subscribers.clear(),
  };
}
