import type { Commit, EventBus, Notice } from '@mnemon/core';

/** Hears of every commit of every space, before `publish` resolves. */
export type CommitListener = (commit: Commit) => void;

export type NoticeListener = (notice: Notice) => void;

export interface MemoryEventBus extends EventBus {
  /** For trusted listeners within the process. The answered function ends it. */
  subscribe(listener: CommitListener): () => void;
  /** Likewise for what is no commit. */
  subscribeNotices(listener: NoticeListener): () => void;
}

/** A bus within the process; it is never down. A listener that fails is logged and harms nobody. */
export function memoryEventBus({ log = console }: { log?: Pick<Console, 'warn'> } = {}): MemoryEventBus {
  const commits = listeners<Commit>(log);
  const notices = listeners<Notice>(log);
  return {
    async publish(published) {
      for (const commit of published) commits.tell(commit);
    },
    async tell(notice) {
      notices.tell(notice);
    },
    isDown: async () => false,
    subscribe: commits.add,
    subscribeNotices: notices.add,
  };
}

function listeners<Message>(log: Pick<Console, 'warn'>) {
  const known = new Set<(message: Message) => void>();
  return {
    add(listener: (message: Message) => void): () => void {
      // Wrapped, so that a listener that subscribes twice hears twice.
      const entry = (message: Message) => listener(message);
      known.add(entry);
      return () => known.delete(entry);
    },

    tell(message: Message): void {
      for (const listener of [...known]) {
        try {
          listener(message);
        } catch (error) {
          log.warn('a listener of the event bus failed', error);
        }
      }
    },
  };
}
