import { z } from '@hono/zod-openapi';
import { conflictStats, getConflict, listConflicts, resolveConflict } from '@mnemon/core';
import {
  conflictStatsSchema,
  keptConflictSchema,
  mergedSchema,
  outcomeSchema,
  patternSchema,
  strategySchema,
  wireError,
} from '@mnemon/protocol';
import type { HttpApp } from '../../compose.ts';
import { type Api, addRoute, jsonBody, jsonOf, respond } from '../api.ts';
import { etagOf, expectedVersion } from '../conditions.ts';
import { documented } from '../documented.ts';
import { pagingQuery } from '../past-query.ts';
import { problem } from '../problem.ts';

const listQuery = z.object({
  status: z.enum(['open', 'resolved']).optional(),
  strategy: documented(strategySchema).optional(),
  pattern: documented(patternSchema).optional(),
  ...pagingQuery,
});

const conflict = documented(keptConflictSchema, 'Conflict');
/** The version that was merged is in a header. */
const merged = documented(z.strictObject(mergedSchema.shape).omit({ expectedVersion: true }), 'Merged');
const idParams = z.object({ id: z.string().max(64) });

export function addConflicts(api: Api, { ports, pause }: HttpApp): void {
  const tags = ['conflicts'];
  addRoute(
    api,
    {
      method: 'get',
      path: '/conflicts',
      tags,
      summary: 'Writes that did not know of each other, newest first',
      request: { query: listQuery },
      responses: {
        200: jsonOf('A page.', z.object({ conflicts: z.array(conflict), page: z.string().optional() })),
      },
    },
    async (c) => c.json(await listConflicts(ports, c.get('identity'), c.req.valid('query'))),
  );

  addRoute(
    api,
    {
      method: 'get',
      path: '/conflicts/stats',
      tags,
      summary: 'How many conflicts there were, by strategy, pattern and pair of instances',
      responses: {
        200: jsonOf('Counts.', documented(conflictStatsSchema)),
      },
    },
    async (c) => respond(c, await conflictStats(ports, c.get('identity'))),
  );

  addRoute(
    api,
    {
      method: 'get',
      path: '/conflicts/{id}',
      tags,
      summary: 'One conflict, with both sides',
      request: { params: idParams },
      responses: { 200: jsonOf('It.', conflict) },
    },
    async (c) => respond(c, await getConflict(ports, c.get('identity'), c.req.valid('param').id)),
  );

  addRoute(
    api,
    {
      method: 'post',
      path: '/conflicts/{id}/resolve',
      tags,
      summary: 'Writes the merged value, which closes the conflict; without a value, the key is deleted',
      request: {
        params: idParams,
        headers: z.object({ 'if-match': z.string().optional() }),
        body: jsonBody(merged),
      },
      responses: { 200: jsonOf('What became of it.', documented(outcomeSchema, 'Outcome')) },
    },
    async (c) => {
      const condition = expectedVersion(c.req.valid('header')['if-match'], undefined);
      if (!condition.ok) return problem(c, condition.error);
      const merged = { ...c.req.valid('json'), expectedVersion: condition.version };
      const { id } = c.req.valid('param');
      const resolved = await resolveConflict(ports, pause, c.get('identity'), id, merged);
      return respond(c, resolved, (outcome) => {
        if (outcome.status === 'refused') return problem(c, wireError(outcome.code, outcome.message));
        return c.json(outcome, 200, 'version' in outcome ? { etag: etagOf(outcome.version) } : {});
      });
    },
  );
}
