import type { JsonValue } from '@mnemon/protocol';
import { PATHS } from './keys.ts';
import type { ManagerCore } from './manager-core.ts';

/** The queue as somebody sees it. */
export interface QueueView {
  readonly pending: JsonValue;
  readonly processing: JsonValue;
}

/** What all workers know of the work: the queue, who has what, and how it goes. */
export interface QueueMemory {
  syncQueue(queue: QueueView): Promise<void>;
  /** What was synced by hand, or else the space's tasks as they are. */
  getQueue(): Promise<JsonValue>;
  syncAssignments(assignments: JsonValue): Promise<void>;
  syncMetrics(metrics: JsonValue): Promise<void>;
}

export function createQueueMemory(core: ManagerCore): QueueMemory {
  return {
    async syncQueue({ pending, processing }) {
      const queue = { pending, processing };
      await core.write(PATHS.queue, queue);
      core.tell('queue-synced', { queue });
    },
    async getQueue() {
      const byHand = await core.read(PATHS.queue);
      if (byHand !== null) return byHand;
      return (await core.memory.tasks.unfinished()) as unknown as JsonValue; // tasks hold nothing but JSON
    },
    async syncAssignments(assignments) {
      await core.write(PATHS.assignments, assignments);
    },
    async syncMetrics(metrics) {
      await core.write(PATHS.metrics, metrics);
    },
  };
}
