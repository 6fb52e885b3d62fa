import type { NewTask, TaskClaim } from '@mnemon/core';
import type { InstanceId, SpaceId, Task } from '@mnemon/protocol';

/** Makes the space of a test's own, and answers it. */
export type NewQueue = () => Promise<SpaceId>;

export const WAIT = { timeout: 20_000, interval: 5 };
export const LONG = { leaseMs: 600_000 };
export const SHORT = { leaseMs: 20 };

export const task = (id: string, more: Partial<NewTask> = {}): NewTask => ({
  id,
  value: { of: id },
  priority: 0,
  delayMs: 0,
  maxAttempts: 5,
  ...more,
});

let claims = 0;
/** A claim that nobody else has. */
export const worker = (name = 'worker'): TaskClaim => ({
  instanceId: name as InstanceId,
  attempt: `claim-${++claims}`,
});

export const idsOf = (tasks: readonly (Task | undefined)[]) => tasks.map((each) => each?.id);
