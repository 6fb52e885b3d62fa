import type { Commit, EventBus } from '@mnemon/core';

/** Hears of every commit of every space, before `publish` resolves. */
export type CommitListener = (commit: Commit) => void;

export interface MemoryEventBus extends EventBus {
  /** For trusted listeners within the process. The answered function ends it. */
  subscribe(listener: CommitListener): () => void;
}

/** A bus within the process; it is never down. A listener that fails is logged and harms nobody. */
export function memoryEventBus({ log = console }: { log?: Pick<Console, 'warn'> } = {}): MemoryEventBus {
  const listeners = new Set<CommitListener>();

  const tell = (listener: CommitListener, commit: Commit): void => {
    try {
      listener(commit);
    } catch (error) {
      log.warn('a listener of the event bus failed', error);
    }
  };

  return {
    async publish(commits) {
      for (const commit of commits) for (const listener of [...listeners]) tell(listener, commit);
    },

    isDown: async () => false,

    subscribe(listener) {
      // Wrapped, so that a listener that subscribes twice hears twice.
      const entry: CommitListener = (commit) => listener(commit);
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
  };
}
