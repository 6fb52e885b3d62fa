import { type Access, allows, type TaskAnswer, type TaskRequest, taskKey, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import { type Answered, ok, refuse } from './refusal.ts';

type TaskPorts = Pick<Ports, 'tasks' | 'log' | 'randomId'>;
type Asked<Do extends TaskRequest['do']> = Omit<Extract<TaskRequest, { do: Do }>, 'do'>;

/** Every task of a space. */
const ALL_TASKS = new Set(['**', taskKey('**')]);

/** Puts a task into the queue, once: under an id that there is already, nothing happens. */
export async function enqueueTask(
  ports: TaskPorts,
  identity: Identity,
  task: Asked<'enqueue'>,
): Promise<Answered<TaskAnswer>> {
  if (!mayDo(identity, 'write', task.id)) return refuse(noGrant('write', task.id));
  const { space } = identity;
  let enqueued = await ports.tasks.enqueue(space, task);
  if (!enqueued) {
    await ports.log.open(space, ports.randomId());
    enqueued = await ports.tasks.enqueue(space, task);
  }
  if (!enqueued) throw new Error(`space ${space} was opened and is not there`);
  return ok({ is: 'enqueued', ...enqueued });
}

/** Takes the next task that is due, of those that the caller may write (I8). */
export async function claimTask(
  { tasks }: TaskPorts,
  { space, instanceId, grants }: Identity,
  { attempt, leaseMs, resend }: Asked<'claim'>,
): Promise<Answered<TaskAnswer>> {
  const writable = grants.filter(({ access }) => access !== 'read').map(({ pattern }) => pattern);
  const patterns = writable.some((pattern) => ALL_TASKS.has(pattern)) ? undefined : writable;
  const task = await tasks.claim(space, { instanceId, attempt }, { leaseMs, patterns, resend });
  return ok({ is: 'claimed', ...(task && { task }) });
}

/** More time for a task that is being worked on. */
export async function extendTask(
  { tasks }: TaskPorts,
  identity: Identity,
  { id, attempt, leaseMs }: Asked<'extend'>,
): Promise<Answered<TaskAnswer>> {
  if (!mayDo(identity, 'write', id)) return refuse(noGrant('write', id));
  const { space, instanceId } = identity;
  const task = await tasks.extend({ space, id }, { instanceId, attempt }, leaseMs);
  return ok(task ? { is: 'changed', task } : { is: 'lost' });
}

/** Ends an attempt at a task, well or not. */
export async function endTask(
  { tasks }: TaskPorts,
  identity: Identity,
  end: Extract<TaskRequest, { do: 'complete' | 'fail' }>,
): Promise<Answered<TaskAnswer>> {
  const { id, attempt } = end;
  if (!mayDo(identity, 'write', id)) return refuse(noGrant('write', id));
  const { space, instanceId } = identity;
  const claim = { instanceId, attempt };
  const task =
    end.do === 'complete'
      ? await tasks.complete({ space, id }, claim, end.result)
      : await tasks.fail({ space, id }, claim, { error: end.error, retry: end.retry });
  return ok(task ? { is: 'changed', task } : { is: 'lost' });
}

/** A task as it is. */
export async function getTask(
  { tasks }: TaskPorts,
  identity: Identity,
  { id }: Asked<'get'>,
): Promise<Answered<TaskAnswer>> {
  if (!mayDo(identity, 'read', id)) return refuse(noGrant('read', id));
  const task = await tasks.get({ space: identity.space, id });
  return ok({ is: 'found', ...(task && { task }) });
}

/** How many tasks there are; for those who may read all of them. */
export async function countTasks(
  { tasks }: TaskPorts,
  { space, grants }: Identity,
): Promise<Answered<TaskAnswer>> {
  if (!grants.some(({ pattern }) => ALL_TASKS.has(pattern))) return refuse(noGrant('read', '**')); // I8
  return ok({ is: 'counted', counts: await tasks.count(space) });
}

const mayDo = ({ grants }: Identity, access: Access, id: string): boolean =>
  allows(grants, access, taskKey(id)); // I8

const noGrant = (access: Access, id: string) =>
  wireError('forbidden', `no grant to ${access} ${taskKey(id)}`);
