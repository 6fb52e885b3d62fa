import type { Fanout, Post, PostResult } from '@mnemon/core';
import { mapBounded } from '../map-bounded.ts';

/** One end of a connection within the process. */
export interface Recipient {
  /** Takes one frame. The next one waits until it resolves; a failure makes the post `failed`. */
  receive(frame: string): void | Promise<void>;
  /** The server has ended the connection. */
  closed?(): void;
}

export interface MemoryFanout extends Fanout {
  /** Connects a recipient, until it is closed or the answered function is called. */
  attach(connectionId: string, recipient: Recipient): () => void;
}

/** Posts to recipients within the process. */
export function memoryFanout({ maxInFlight = 64 }: { maxInFlight?: number } = {}): MemoryFanout {
  const recipients = new Map<string, Recipient>();

  async function postOne({ connectionId, frames }: Post): Promise<PostResult> {
    for (const frame of frames) {
      const recipient = recipients.get(connectionId);
      if (!recipient) return 'gone';
      try {
        await recipient.receive(frame);
      } catch {
        return 'failed';
      }
    }
    return 'delivered';
  }

  return {
    post: (posts) => mapBounded(posts, maxInFlight, postOne),

    async close(connectionId) {
      const recipient = recipients.get(connectionId);
      recipients.delete(connectionId);
      recipient?.closed?.();
    },

    attach(connectionId, recipient) {
      recipients.set(connectionId, recipient);
      return () => {
        if (recipients.get(connectionId) === recipient) recipients.delete(connectionId);
      };
    },
  };
}
