import type { JsonValue } from '@mnemon/protocol';
import { PATHS } from './keys.ts';
import type { ManagerCore } from './manager-core.ts';

export interface QueueView {
  readonly pending: JsonValue;
  readonly processing: JsonValue;
}

/** What all workers know of the work: the queue, who has what, and how it goes. */
export interface QueueMemory {
  syncQueue(queue: QueueView): Promise<void>;
  getQueue(): Promise<JsonValue | null>;
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
    getQueue: () => core.read(PATHS.queue),
    async syncAssignments(assignments) {
      await core.write(PATHS.assignments, assignments);
    },
    async syncMetrics(metrics) {
      await core.write(PATHS.metrics, metrics);
    },
  };
}
