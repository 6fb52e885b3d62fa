import { z } from '@hono/zod-openapi';
import {
  getPolicies,
  listCheckpoints,
  listSnapshots,
  readRetention,
  setPolicies,
  setRetention,
  snapshotSpace,
} from '@mnemon/core';
import { policiesSchema, retentionSchema, snapshotSummarySchema } from '@mnemon/protocol';
import type { HttpApp } from '../../compose.ts';
import { type Api, addRoute, jsonBody, jsonOf, respond } from '../api.ts';
import { documented } from '../documented.ts';

const policies = z.object({ policies: documented(policiesSchema) });
const retention = documented(retentionSchema, 'Retention');
const snapshot = documented(snapshotSummarySchema, 'Snapshot');
const checkpoint = z.looseObject({ instanceId: z.string(), events: z.int(), atMs: z.int() });

/** How a space is kept. What only administrators may is refused by the use-cases. */
export function addAdministration(api: Api, { ports }: HttpApp): void {
  const tags = ['administration'];
  addRoute(
    api,
    {
      method: 'get',
      path: '/policies',
      tags,
      summary: 'How writes are resolved and how long they live, by pattern',
      responses: { 200: jsonOf('In the order in which they are tried.', policies) },
    },
    async (c) => c.json({ policies: await getPolicies(ports, c.get('identity')) }),
  );

  addRoute(
    api,
    {
      method: 'put',
      path: '/policies',
      tags,
      summary: 'Replaces all policies',
      request: { body: jsonBody(policies) },
      responses: { 200: jsonOf('As they are now.', policies) },
    },
    async (c) => {
      const set = await setPolicies(ports, c.get('identity'), c.req.valid('json').policies);
      return respond(c, set, (policies) => c.json({ policies }));
    },
  );

  addRoute(
    api,
    {
      method: 'get',
      path: '/snapshots',
      tags,
      summary: 'The snapshots that there are, newest first',
      responses: { 200: jsonOf('All of them.', z.object({ snapshots: z.array(snapshot) })) },
    },
    async (c) => {
      const listed = await listSnapshots(ports, c.get('identity'));
      return respond(c, listed, (snapshots) => c.json({ snapshots }));
    },
  );

  addRoute(
    api,
    {
      method: 'post',
      path: '/snapshots',
      tags,
      summary: 'Takes a snapshot now',
      responses: { 200: jsonOf('It.', snapshot) },
    },
    async (c) => respond(c, await snapshotSpace(ports, c.get('identity'))),
  );

  addRoute(
    api,
    {
      method: 'get',
      path: '/checkpoints',
      tags,
      summary: 'How far each instance has come',
      responses: { 200: jsonOf('All of them.', z.object({ checkpoints: z.array(checkpoint) })) },
    },
    async (c) => {
      const listed = await listCheckpoints(ports, c.get('identity'));
      return respond(c, listed, (checkpoints) => c.json({ checkpoints }));
    },
  );

  addRoute(
    api,
    {
      method: 'get',
      path: '/retention',
      tags,
      summary: 'What the space keeps of its past',
      responses: { 200: jsonOf('It.', retention) },
    },
    async (c) => respond(c, await readRetention(ports, c.get('identity'))),
  );

  addRoute(
    api,
    {
      method: 'put',
      path: '/retention',
      tags,
      summary: 'Changes what the space keeps of its past',
      request: { body: jsonBody(retention) },
      responses: { 200: jsonOf('As it is now.', retention) },
    },
    async (c) => respond(c, await setRetention(ports, c.get('identity'), c.req.valid('json'))),
  );
}
