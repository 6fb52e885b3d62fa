import { type JsonValue, LIMITS } from '@mnemon/protocol';
import type { Lock } from '../coordination/lock.ts';
import { isLocked } from '../mnemon-error.ts';
import { PATHS } from './keys.ts';
import type { ManagerCore } from './manager-core.ts';

/** What is known of tasks, and who works on them. */
export interface TaskMemory {
  syncState(taskId: string, state: JsonValue): Promise<void>;
  getState(taskId: string): Promise<JsonValue | null>;
  syncProgress(taskId: string, progress: number, status: string): Promise<void>;
  acquireLock(taskId: string, timeoutMs: number): Promise<boolean>;
  releaseLock(taskId: string): Promise<boolean>;
  /** The lock, while this manager holds it. */
  lockOf(taskId: string): Lock | undefined;
}

export function createTaskMemory(core: ManagerCore): TaskMemory {
  const { memory, tell } = core;
  const held = new Map<string, Lock>();

  async function acquireLock(taskId: string, timeoutMs: number): Promise<boolean> {
    const name = core.within(undefined).key(PATHS.taskLock(taskId));
    try {
      // Renewed until it is given back: how long one lease is, only matters once its holder is gone.
      const lock = await memory.lock(name, { leaseMs: Math.min(timeoutMs, LIMITS.leaseMs) });
      held.set(taskId, lock);
      const forget = () => held.get(taskId) === lock && held.delete(taskId);
      lock.signal.addEventListener('abort', forget, { once: true });
      return true;
    } catch (error) {
      if (isLocked(error)) return false;
      throw error;
    }
  }

  async function releaseLock(taskId: string): Promise<boolean> {
    const lock = held.get(taskId);
    if (!lock) return false;
    await lock.release();
    return true;
  }

  return {
    async syncState(taskId, state) {
      await core.write(PATHS.taskState(taskId), state);
      tell('task-state-synced', { taskId, state });
    },
    getState: (taskId) => core.read(PATHS.taskState(taskId)),
    async syncProgress(taskId, progress, status) {
      await core.write(PATHS.taskProgress(taskId), { progress, status });
    },
    acquireLock,
    releaseLock,
    lockOf: (taskId) => held.get(taskId),
  };
}
