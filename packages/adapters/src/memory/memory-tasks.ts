import { canonicalText, retryDelayMs, type TaskClaim, type TaskId, type Tasks } from '@mnemon/core';
import { type JsonValue, LIMITS, matches, type SpaceId, type Task, taskKey } from '@mnemon/protocol';
import type { Shared } from './embedded-store.ts';
import type { KeptTask } from './kept-tasks.ts';
import { tasksOf } from './state.ts';

/** The queue in memory. It outlives the process, for workers do. */
export function memoryTasks({ state, commit, now }: Shared): Tasks {
  const find = ({ space, id }: TaskId): KeptTask | undefined => {
    const { open, ended } = tasksOf(state(), space);
    return open.get(id) ?? ended.get(id);
  };

  const keep = (space: SpaceId, kept: KeptTask): Task => {
    const isOver = kept.task.state === 'done' || kept.task.state === 'dead';
    commit({ type: 'task', space, kept: isOver ? { ...kept, endedAtMs: now() } : kept });
    return structuredClone(kept.task);
  };

  /** The task, if this claim was its last. */
  const claimedAs = (id: TaskId, { instanceId, attempt }: TaskClaim): KeptTask | undefined => {
    const kept = find(id);
    return kept?.claim?.attempt === attempt && kept.claim.instanceId === instanceId ? kept : undefined;
  };

  /** Changes a task that is claimed so; one that this claim has changed already stays as it is. */
  const change = (id: TaskId, claim: TaskClaim, changed: (task: Task) => Task): Task | undefined => {
    const kept = claimedAs(id, claim);
    if (kept?.task.state !== 'claimed') return kept && structuredClone(kept.task);
    return keep(id.space, { ...kept, task: changed(kept.task) });
  };

  const nextDue = (space: SpaceId, patterns: readonly string[] | undefined): KeptTask | undefined => {
    let next: KeptTask | undefined;
    for (const kept of tasksOf(state(), space).open.values()) {
      const { id, dueAtMs } = kept.task;
      if (dueAtMs > now() || (next && !isBefore(kept.task, next.task))) continue;
      if (!patterns || patterns.some((pattern) => matches(pattern, taskKey(id)))) next = kept;
    }
    return next;
  };

  const forgetOld = (space: SpaceId): void => {
    const old: string[] = [];
    for (const [id, { endedAtMs = 0 }] of tasksOf(state(), space).ended) {
      if (endedAtMs > now() - LIMITS.writeAgeMs) break;
      old.push(id);
    }
    if (old.length > 0) commit({ type: 'drop-tasks', space, ids: old });
  };

  return {
    async enqueue(space, { id, value, priority, delayMs, maxAttempts }) {
      if (!state().epochs.has(space)) return undefined;
      forgetOld(space);
      const existing = find({ space, id });
      if (existing) return { created: false, task: structuredClone(existing.task) };
      const index = tasksOf(state(), space).lastIndex + 1;
      const made = { id, value: asKept(value), priority, index, attempts: 0, maxAttempts };
      const task: Task = { ...made, state: 'pending', dueAtMs: now() + delayMs };
      return { created: true, task: keep(space, { task }) };
    },

    async claim(space, claim, { leaseMs, patterns, resend }) {
      const isMine = ({ task, claim: by }: KeptTask) =>
        task.state === 'claimed' && by?.attempt === claim.attempt && by.instanceId === claim.instanceId;
      const mine = resend && [...tasksOf(state(), space).open.values()].find(isMine);
      if (mine) return structuredClone(mine.task);
      for (let next = nextDue(space, patterns); next; next = nextDue(space, patterns)) {
        const { task } = next;
        if (task.attempts < task.maxAttempts) {
          const { instanceId, attempt } = claim;
          const claimed: Task = {
            ...task,
            state: 'claimed',
            attempts: task.attempts + 1,
            dueAtMs: now() + leaseMs,
            claimedBy: instanceId,
          };
          return keep(space, { task: claimed, claim: { instanceId, attempt } });
        }
        keep(space, { ...next, task: { ...task, state: 'dead' } });
      }
      return undefined;
    },

    extend: async (id, claim, leaseMs) =>
      change(id, claim, (task) => ({ ...task, dueAtMs: now() + leaseMs })),

    complete: async (id, claim, result) =>
      change(id, claim, (task) => ({
        ...task,
        state: 'done',
        ...(result !== undefined && { result: asKept(result) }),
      })),

    fail: async (id, claim, { error, retry }) =>
      change(id, claim, (task) =>
        retry && task.attempts < task.maxAttempts
          ? { ...task, error, state: 'pending', dueAtMs: now() + retryDelayMs(task.attempts) }
          : { ...task, error, state: 'dead' },
      ),

    async reclaim(limit) {
      const lapsed = [...state().tasks].flatMap(([space, { open }]) =>
        [...open.values()]
          .filter(({ task }) => task.state === 'claimed' && task.dueAtMs <= now())
          .map(({ task }) => ({ space, task })),
      );
      lapsed.sort((a, b) => a.task.dueAtMs - b.task.dueAtMs);
      return lapsed.slice(0, limit).map(({ space, task }) => {
        const state = task.attempts < task.maxAttempts ? 'pending' : 'dead';
        return { space, task: keep(space, { task: { ...task, state } }) };
      });
    },

    get: async (id) => structuredClone(find(id)?.task),

    async list(space, { state: wanted, after, limit }) {
      const { open, ended } = tasksOf(state(), space);
      const isOpen = wanted === 'pending' || wanted === 'claimed';
      const tasks = [...(isOpen ? open : ended).values()].map(({ task }) => task);
      const found = tasks.filter((task) => task.state === wanted && (!after || isBefore(after, task)));
      found.sort((a, b) => (isBefore(a, b) ? -1 : 1));
      return found.slice(0, limit).map((task) => structuredClone(task));
    },

    async outlook(space) {
      let dueId: string | undefined;
      let nextMs = Number.POSITIVE_INFINITY;
      for (const { task } of tasksOf(state(), space).open.values()) {
        if (task.dueAtMs <= now()) dueId ??= task.id;
        else nextMs = Math.min(nextMs, task.dueAtMs - now());
      }
      return { ...(dueId !== undefined && { dueId }), ...(nextMs < Number.POSITIVE_INFINITY && { nextMs }) };
    },

    async count(space) {
      const { open, ended } = tasksOf(state(), space);
      const counts = { pending: 0, claimed: 0, done: 0, dead: 0 };
      for (const { task } of open.values()) {
        counts[task.state === 'claimed' && task.dueAtMs > now() ? 'claimed' : 'pending']++;
      }
      for (const { task } of ended.values()) counts[task.state]++;
      return counts;
    },
  };
}

const asKept = (value: JsonValue): JsonValue => JSON.parse(canonicalText(value));

type Place = Pick<Task, 'priority' | 'index'>;
const isBefore = (a: Place, b: Place): boolean =>
  a.priority === b.priority ? a.index < b.index : a.priority > b.priority;
