import { type SpaceId, type TaskAnswer, type TaskRequest, taskKey } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import { type Answered, ok } from './refusal.ts';
import { wakeWorker } from './wake-worker.ts';

/** How long a worker waits at most before it asks again: a notice may have got lost, or gone to one that died. */
const LONGEST_WAIT_MS = 10_000;

/** Every task of a space. */
export const ALL_TASKS: ReadonlySet<string> = new Set(['**', taskKey('**')]);

type ClaimPorts = Pick<Ports, 'tasks' | 'taskWaiters' | 'fanout' | 'clock'>;
type ClaimRequest = Omit<Extract<TaskRequest, { do: 'claim' }>, 'do'>;
type Claimant = Identity & { connectionId?: string };

/**
 * Takes the next task that is due, of those that the caller may write (I8). Who has a connection and finds nothing waits,
 * if it asked to: it is told when there is a task, and asks again then, or after `againMs`.
 */
export async function claimTask(
  ports: ClaimPorts,
  caller: Claimant,
  request: ClaimRequest,
): Promise<Answered<TaskAnswer>> {
  const { space, instanceId, tokenExpiresAtMs } = caller;
  const { attempt, leaseMs, resend, waitMs = 0 } = request;
  const claim = { instanceId, attempt };
  const patterns = claimable(caller);
  const take = () => ports.tasks.claim(space, claim, { leaseMs, patterns, resend });
  // 1. It waited, and was told; or its time is over.
  const isWoken = resend === true && !(await ports.taskWaiters.remove(space, claim));
  const found = await take();
  if (found) {
    if (isWoken) await passOn(ports, space);
    return ok({ is: 'claimed', task: found });
  }
  const { connectionId } = caller;
  if (waitMs === 0 || connectionId === undefined) return ok({ is: 'claimed' });
  // 2. Wait first and look second: whoever puts a task in later finds it waiting. I8: not beyond the token's end.
  const waitingMs = Math.min(waitMs, tokenExpiresAtMs - ports.clock.now());
  await ports.taskWaiters.add(space, { ...claim, connectionId, patterns }, waitingMs);
  const came = await take();
  if (!came) return ok({ is: 'claimed', againMs: await pauseMs(ports, space) });
  if (!(await ports.taskWaiters.remove(space, claim))) await passOn(ports, space);
  return ok({ is: 'claimed', task: came });
}

function claimable({ grants }: Identity): string[] | undefined {
  const writable = grants.filter(({ access }) => access !== 'read').map(({ pattern }) => pattern);
  return writable.some((pattern) => ALL_TASKS.has(pattern)) ? undefined : writable;
}

/** The one that was told has a task now; of several that came at once, each wakes the next. */
async function passOn(ports: ClaimPorts, space: SpaceId): Promise<void> {
  const { dueId } = await ports.tasks.outlook(space);
  if (dueId !== undefined) await wakeWorker(ports, space, dueId);
}

/** Nobody tells that a delay or a lease is over. */
const pauseMs = async ({ tasks }: ClaimPorts, space: SpaceId): Promise<number> =>
  Math.min((await tasks.outlook(space)).nextMs ?? LONGEST_WAIT_MS, LONGEST_WAIT_MS);
