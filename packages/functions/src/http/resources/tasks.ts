import { z } from '@hono/zod-openapi';
import { claimTask, countTasks, endTask, enqueueTask, extendTask, getTask, listTasks } from '@mnemon/core';
import {
  claimSchema,
  completeSchema,
  enqueueSchema,
  extendSchema,
  failSchema,
  TASK_STATES,
  taskAnswerPayloadSchema,
  taskIdSchema,
  wireError,
} from '@mnemon/protocol';
import type { HttpApp } from '../../compose.ts';
import { type Api, addRoute, jsonOf, respond } from '../api.ts';
import { documented } from '../documented.ts';
import { pagingQuery } from '../past-query.ts';
import { problem } from '../problem.ts';
import { bodyDoing } from '../request-body.ts';

const UNLESS_SAID = { priority: 0, delayMs: 0, maxAttempts: 5 };
const tags = ['tasks'];
const answer = documented(taskAnswerPayloadSchema, 'TaskAnswer');

/** The queue of tasks, for those without a connection: who finds nothing asks again. */
export function addTasks(api: Api, app: HttpApp): void {
  addQueue(api, app);
  addWork(api, app);
}

function addQueue(api: Api, { ports }: HttpApp): void {
  addRoute(
    api,
    {
      method: 'post',
      path: '/tasks',
      tags,
      summary: 'Puts a task into the queue, unless there is or was one of its id',
      request: { body: bodyDoing(enqueueSchema, 'enqueue', { defaults: UNLESS_SAID }) },
      responses: { 200: jsonOf('The task, and whether this made it.', answer) },
    },
    async (c) => respond(c, await enqueueTask(ports, c.get('identity'), c.req.valid('json'))),
  );

  addRoute(
    api,
    {
      method: 'get',
      path: '/tasks',
      tags,
      summary: 'The tasks in one state, in the order in which they are claimed',
      request: { query: z.object({ state: z.enum(TASK_STATES), ...pagingQuery }) },
      responses: { 200: jsonOf('A page.', answer) },
    },
    async (c) => respond(c, await listTasks(ports, c.get('identity'), c.req.valid('query'))),
  );

  addRoute(
    api,
    {
      method: 'get',
      path: '/tasks/count',
      tags,
      summary: 'How many tasks there are in each state, for those who may read all of them',
      responses: { 200: jsonOf('Counts.', answer) },
    },
    async (c) => respond(c, await countTasks(ports, c.get('identity'))),
  );

  addRoute(
    api,
    {
      method: 'get',
      path: '/task',
      tags,
      summary: 'A task as it is',
      request: { query: z.object({ id: documented(taskIdSchema) }) },
      responses: { 200: jsonOf('It.', answer) },
    },
    async (c) => {
      const found = await getTask(ports, c.get('identity'), c.req.valid('query'));
      return respond(c, found, (value) =>
        'task' in value ? c.json(value) : problem(c, wireError('not-found', 'there is no such task')),
      );
    },
  );
}

function addWork(api: Api, { ports }: HttpApp): void {
  const route = { method: 'post' as const, tags };
  const changed = { 200: jsonOf('`changed`, or `lost`: another worker has, or had, it.', answer) };
  addRoute(
    api,
    {
      ...route,
      path: '/tasks/claim',
      summary:
        'Takes the next task that is due. Sent again with `resend`, under the same `attempt`, it answers the same',
      request: { body: bodyDoing(claimSchema, 'claim', { without: ['waitMs'] }) },
      responses: { 200: jsonOf('The task; without one there is nothing to do now.', answer) },
    },
    async (c) => respond(c, await claimTask(ports, c.get('identity'), c.req.valid('json'))),
  );

  addRoute(
    api,
    {
      ...route,
      path: '/tasks/extend',
      summary: 'More time for a claimed task, from now on',
      request: { body: bodyDoing(extendSchema, 'extend') },
      responses: changed,
    },
    async (c) => respond(c, await extendTask(ports, c.get('identity'), c.req.valid('json'))),
  );

  addRoute(
    api,
    {
      ...route,
      path: '/tasks/complete',
      summary: 'Ends a claimed task well, for good',
      request: { body: bodyDoing(completeSchema, 'complete') },
      responses: changed,
    },
    async (c) => respond(c, await endTask(ports, c.get('identity'), c.req.valid('json'))),
  );

  addRoute(
    api,
    {
      ...route,
      path: '/tasks/fail',
      summary: 'Ends an attempt that failed; with `retry` the task is tried again, if attempts are left',
      request: { body: bodyDoing(failSchema, 'fail') },
      responses: changed,
    },
    async (c) => respond(c, await endTask(ports, c.get('identity'), c.req.valid('json'))),
  );
}
