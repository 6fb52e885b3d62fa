import type { JsonValue } from '@mnemon/protocol';
import { PATHS } from './keys.ts';
import type { ManagerCore } from './manager-core.ts';

/** What a worker says of itself. */
export interface WorkerStatus {
  readonly state: string;
  /** The tasks that it works on. */
  readonly tasks?: JsonValue;
  readonly capacity?: JsonValue;
}

export interface WorkerMemory {
  syncStatus(workerId: string, status: WorkerStatus): Promise<void>;
  syncCapacity(workerId: string, capacity: JsonValue): Promise<void>;
}

export function createWorkerMemory(core: ManagerCore): WorkerMemory {
  return {
    async syncStatus(workerId, given) {
      const status = { ...given } as JsonValue;
      await core.write(PATHS.workerStatus(workerId), status);
      core.tell('worker-status-synced', { workerId, status });
    },
    async syncCapacity(workerId, capacity) {
      await core.write(PATHS.workerCapacity(workerId), capacity);
    },
  };
}
