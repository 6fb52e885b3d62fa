import { type Access, allows, type TaskAnswer, type TaskRequest, taskKey, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { groupBySize } from '../domain/split-delivery.ts';
import { taskPageToken } from '../domain/task-page.ts';
import type { Ports } from '../ports/ports.ts';
import { ALL_TASKS } from './claim-task.ts';
import { foreignPage } from './find-moment.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { DEFAULT_ITEMS } from './scoped-entries.ts';
import { wakeWorker } from './wake-worker.ts';

type TaskPorts = Pick<Ports, 'tasks' | 'taskWaiters' | 'log' | 'fanout' | 'clock' | 'randomId'>;
type Asked<Do extends TaskRequest['do']> = Omit<Extract<TaskRequest, { do: Do }>, 'do'>;

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
  // Also when it was there: who put it in may have died before anybody was told.
  if (enqueued.task.state === 'pending') await wakeWorker(ports, space, task.id);
  return ok({ is: 'enqueued', ...enqueued });
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
  ports: TaskPorts,
  identity: Identity,
  end: Extract<TaskRequest, { do: 'complete' | 'fail' }>,
): Promise<Answered<TaskAnswer>> {
  const { id, attempt } = end;
  if (!mayDo(identity, 'write', id)) return refuse(noGrant('write', id));
  const { space, instanceId } = identity;
  const claim = { instanceId, attempt };
  const task =
    end.do === 'complete'
      ? await ports.tasks.complete({ space, id }, claim, end.result)
      : await ports.tasks.fail({ space, id }, claim, { error: end.error, retry: end.retry });
  // Not due yet, but somebody who waits has to know when.
  if (task?.state === 'pending') await wakeWorker(ports, space, id);
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

/** A page of those in one state that the caller may read (I8). */
export async function listTasks(
  { tasks }: Pick<Ports, 'tasks'>,
  { space, grants }: Identity,
  { state, limit = DEFAULT_ITEMS, page }: Asked<'list'>,
): Promise<Answered<TaskAnswer>> {
  const after = page === undefined ? undefined : taskPageToken.decode(page);
  if (page !== undefined && after?.state !== state) return refuse(foreignPage());
  const found = await tasks.list(space, { state, after, limit });
  const fitting = groupBySize(found)[0] ?? [];
  const last = fitting.length < found.length || found.length === limit ? fitting.at(-1) : undefined;
  return ok({
    is: 'listed',
    tasks: fitting.filter(({ id }) => allows(grants, 'read', taskKey(id))),
    ...(last && {
      page: taskPageToken.encode({ of: 'tasks', state, priority: last.priority, index: last.index }),
    }),
  });
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
