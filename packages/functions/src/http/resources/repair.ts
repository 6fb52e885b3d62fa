import { fork, rebuild, renewEpoch, restore, stats } from '@mnemon/core';
import {
  forkedSchema,
  forkRequestSchema,
  rebuildRequestSchema,
  rebuiltSchema,
  renewedEpochSchema,
  restoredSchema,
  restoreRequestSchema,
  spaceStatsSchema,
} from '@mnemon/protocol';
import type { HttpApp } from '../../compose.ts';
import { identityOfToken } from '../../identity-of-token.ts';
import { type Api, addRoute, jsonBody, jsonOf, respond } from '../api.ts';
import { documented } from '../documented.ts';
import { problem } from '../problem.ts';

/** What brings a space back, or tells whether that is needed. Only administrators may: the use-cases see to it. */
export function addRepair(api: Api, app: HttpApp): void {
  const { ports, pause } = app;
  const tags = ['administration'];
  addRoute(
    api,
    {
      method: 'get',
      path: '/stats',
      tags,
      summary: 'Counts, sizes, the head, and how far each instance is behind it',
      responses: { 200: jsonOf('Of the space.', documented(spaceStatsSchema, 'SpaceStats')) },
    },
    async (c) => respond(c, await stats(ports, c.get('identity'))),
  );

  addRoute(
    api,
    {
      method: 'post',
      path: '/rebuild',
      tags,
      summary: 'Compares the entries of a scope with those that the log makes, page by page; changes nothing',
      request: { body: jsonBody(documented(rebuildRequestSchema, 'RebuildRequest')) },
      responses: { 200: jsonOf('How they compare.', documented(rebuiltSchema, 'Rebuilt')) },
    },
    async (c) => respond(c, await rebuild(ports, c.get('identity'), c.req.valid('json'))),
  );

  addRoute(
    api,
    {
      method: 'post',
      path: '/restore',
      tags,
      summary: 'Brings back the state at a cursor as new events, page by page',
      request: { body: jsonBody(documented(restoreRequestSchema, 'RestoreRequest')) },
      responses: { 200: jsonOf('One page.', documented(restoredSchema, 'Restored')) },
    },
    async (c) => respond(c, await restore(ports, pause, c.get('identity'), c.req.valid('json'))),
  );

  addRoute(
    api,
    {
      method: 'post',
      path: '/fork',
      tags,
      summary: 'Copies the state at a cursor into the space of another token',
      request: { body: jsonBody(documented(forkRequestSchema, 'ForkRequest')) },
      responses: { 200: jsonOf('Where the new space stands.', documented(forkedSchema, 'Forked')) },
    },
    async (c) => {
      const { token, cursor } = c.req.valid('json');
      const target = await identityOfToken(app, token, undefined);
      if (!target.ok) return problem(c, target.error);
      return respond(c, await fork(ports, c.get('identity'), target.value, cursor));
    },
  );

  addRoute(
    api,
    {
      method: 'post',
      path: '/epoch',
      tags,
      summary: 'Renews the epoch, after the database was restored from a backup: every client reloads',
      responses: { 200: jsonOf('Where the log stands.', documented(renewedEpochSchema, 'RenewedEpoch')) },
    },
    async (c) => respond(c, await renewEpoch(ports, c.get('identity'))),
  );
}
