import { callGuarded } from '../guarded-call.ts';
import type { Mnemon } from '../mnemon.ts';
import type { Change } from '../replica/change.ts';
import type { Tell } from './events.ts';
import type { SyncSubscribeOptions } from './options.ts';

interface Live {
  readonly pattern: string;
  end(): void;
}

/** The subscriptions of a manager, by their ids. */
export interface LiveSubscriptions {
  readonly size: number;
  /** Answers the id. Throws on a bad pattern. */
  add(pattern: string, options: SyncSubscribeOptions): string;
  /** False when there is none of this id. */
  end(id: string): boolean;
}

/** `heard` hears of each change once, however many subscriptions it matches. */
export function createLiveSubscriptions(
  { memory, tell, onError }: { memory: Mnemon; tell: Tell; onError: (error: unknown) => unknown },
  heard: (change: Change) => void,
): LiveSubscriptions {
  const live = new Map<string, Live>();
  let lastId = 0;
  let lastHeard: Change | undefined;

  function deliver(id: string, change: Change, { onChange, onInvalidate }: SyncSubscribeOptions): unknown {
    const { key, value = null } = change;
    // All subscriptions hear of one change before any hears of the next.
    if (change !== lastHeard) heard(change);
    lastHeard = change;
    tell('change', { id, key, value, change });
    if (onInvalidate && (!change.own || change.value === undefined)) callGuarded(onInvalidate, key, onError);
    return onChange?.(key, value, change);
  }

  return {
    get size() {
      return live.size;
    },
    add(pattern, options) {
      const id = `sub-${++lastId}`;
      const end = memory.subscribe(pattern, (change) => deliver(id, change, options));
      live.set(id, { pattern, end });
      end.ready.then(
        () => live.has(id) && tell('subscribed', { id, pattern }),
        () => {}, // closed before
      );
      return id;
    },
    end(id) {
      const found = live.get(id);
      if (!found) return false;
      live.delete(id);
      found.end();
      tell('unsubscribed', { id, pattern: found.pattern });
      return true;
    },
  };
}
