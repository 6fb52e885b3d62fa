import type { JsonValue } from '@mnemon/protocol';
import { createTimer } from '../clock.ts';
import type { Lock } from '../coordination/lock.ts';
import type { TaskQueue } from '../coordination/task-queue.ts';
import { harmless } from '../harmless.ts';
import { MnemonError } from '../mnemon-error.ts';
import { type Ports, realPorts } from '../ports.ts';
import { createAgentMemory, type TaskAgent } from './agent-memory.ts';
import type { MemorySyncOptions } from './options.ts';
import { createQueueMemory, type QueueView } from './queue-memory.ts';
import { createTaskMemory } from './task-memory.ts';
import { VersionedMemory } from './versioned-memory.ts';
import type { ActiveWorker, WorkerStatus } from './worker-memory.ts';

/** How long `MemorySyncManager.connect` waits. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * One shared memory for workers and agents, under one namespace: what one writes, all read, hear and find again.
 *
 * `new` doesn't wait: writes queue and reads wait until there is a connection. `connect` does.
 *
 * @example
 * const manager = await MemorySyncManager.connect({ workerId: 'worker-1', url, token });
 * manager.subscribe('tasks/*', { onChange: (key, value) => console.log(key, value) });
 * await manager.syncTaskState('42', { status: 'running' });
 * if (await manager.acquireTaskLock('42')) await manager.releaseTaskLock('42');
 * await manager.shutdown();
 */
export class MemorySyncManager extends VersionedMemory {
  readonly #tasks = createTaskMemory(this.core);
  readonly #agents = createAgentMemory(this.core);
  readonly #queue = createQueueMemory(this.core);

  /**
   * A manager that is connected. Rejects, with nothing left behind, when the token was refused (`unauthorized`) or nothing
   * answered within ten seconds (`unavailable`).
   */
  static async connect(options: MemorySyncOptions, ports: Partial<Ports> = {}): Promise<MemorySyncManager> {
    const manager = new MemorySyncManager(options, ports);
    const { clock } = { ...realPorts(), ...ports };
    let giveUp: (error: MnemonError) => void = () => {};
    const late = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    const message = `no answer from ${options.url} within ${CONNECT_TIMEOUT_MS} ms`;
    const timer = createTimer(clock, () => giveUp(new MnemonError('unavailable', message)));
    timer.set(CONNECT_TIMEOUT_MS);
    try {
      await Promise.race([manager.memory.connected, late]);
      return manager;
    } catch (error) {
      await manager.shutdown();
      throw error;
    } finally {
      timer.clear();
    }
  }

  /** Writes `tasks/<taskId>/state`. */
  syncTaskState(taskId: string, state: JsonValue): Promise<void> {
    return harmless(this.#tasks.syncState(taskId, state));
  }

  /** What was synced last; `null` for a task that nobody has synced. */
  getTaskState(taskId: string): Promise<JsonValue | null> {
    return harmless(this.#tasks.getState(taskId));
  }

  /** Writes `tasks/<taskId>/progress`: `{ progress, status }`. */
  syncTaskProgress(taskId: string, progress: number, status: string): Promise<void> {
    return harmless(this.#tasks.syncProgress(taskId, progress, status));
  }

  /**
   * Takes the lock of a task: true for one holder at a time, of all processes (I7). False when another has it, or this
   * worker already does. It is renewed until it is released; its lease ends `timeout` milliseconds after its holder was
   * last heard of.
   */
  acquireTaskLock(taskId: string, timeout = 30_000): Promise<boolean> {
    return harmless(this.#tasks.acquireLock(taskId, timeout));
  }

  /** Gives the lock of a task back. False when this manager does not hold it: nothing happens then. */
  releaseTaskLock(taskId: string): Promise<boolean> {
    return harmless(this.#tasks.releaseLock(taskId));
  }

  /** The lock of a task, while this manager holds it. A write that carries it, `{ lock }`, is refused once it is lost. */
  taskLock(taskId: string): Lock | undefined {
    return this.#tasks.lockOf(taskId);
  }

  /** The space's queue of tasks: `enqueue`, `claim`, `complete`, `fail` and more. */
  get tasks(): TaskQueue {
    return this.memory.tasks;
  }

  /**
   * Writes `workers/<workerId>/status`, unless it is as it was said last; of this worker itself, others also see it beside
   * its beats, and once it is gone the key says `{ state: 'offline' }`.
   */
  syncWorkerStatus(workerId: string, status: WorkerStatus): Promise<void> {
    return harmless(this.parts.workers.syncStatus(workerId, status));
  }

  /** Writes `workers/<workerId>/capacity`. */
  syncWorkerCapacity(workerId: string, capacity: JsonValue): Promise<void> {
    return harmless(this.parts.workers.syncCapacity(workerId, capacity));
  }

  /** Says that this worker is alive. It does so by itself, too, at each `heartbeatInterval`. */
  updateHeartbeat(): Promise<void> {
    return harmless(this.parts.workers.beat());
  }

  /**
   * The workers of this namespace that are connected and were heard of within 30 s, by the server's clock: managers, each
   * with the status that was synced of it.
   */
  getActiveWorkers(): Promise<ActiveWorker[]> {
    return harmless(this.parts.workers.active());
  }

  /** Writes `tasks/<taskId>/agents/<agentId>`. */
  syncAgentCoordination(taskId: string, agentId: string, data: JsonValue): Promise<void> {
    return harmless(this.#agents.syncCoordination(taskId, agentId, data));
  }

  getAgentCoordination(taskId: string, agentId: string): Promise<JsonValue | null> {
    return harmless(this.#agents.getCoordination(taskId, agentId));
  }

  /** All agents that have coordinated on a task, by their ids. */
  getTaskAgents(taskId: string): Promise<TaskAgent[]> {
    return harmless(this.#agents.agentsOf(taskId));
  }

  /** Writes `coordination/queue` by hand: until it is deleted, `getQueue` answers this. */
  syncQueue(queue: QueueView): Promise<void> {
    return harmless(this.#queue.syncQueue(queue));
  }

  /**
   * `{ pending, processing }`: what somebody has synced by hand; or else, live, the tasks of the space's queue that wait and
   * those that are being worked on, in the order in which they are claimed.
   */
  getQueue(): Promise<JsonValue> {
    return harmless(this.#queue.getQueue());
  }

  /** Writes `coordination/assignments`. */
  syncAssignments(assignments: JsonValue): Promise<void> {
    return harmless(this.#queue.syncAssignments(assignments));
  }

  /** Writes `coordination/metrics`. */
  syncMetrics(metrics: JsonValue): Promise<void> {
    return harmless(this.#queue.syncMetrics(metrics));
  }
}
