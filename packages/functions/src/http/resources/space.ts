import { z } from '@hono/zod-openapi';
import { listNodes, verifyPage } from '@mnemon/core';
import { nodesPageSchema, verdictSchema } from '@mnemon/protocol';
import type { HttpApp } from '../../compose.ts';
import { type Api, addRoute, jsonOf, respond } from '../api.ts';
import { documented } from '../documented.ts';
import { pagingQuery } from '../past-query.ts';

const verdict = documented(verdictSchema, 'Verdict');

/** The end of an earlier walk, which this log has to contain. */
const knownQuery = z.object({
  seq: z.coerce.number().int().min(0).optional(),
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  page: pagingQuery.page,
});

const nodesQuery = z.object(pagingQuery);

/** What concerns a space as a whole. */
export function addSpace(api: Api, { ports }: HttpApp): void {
  addRoute(
    api,
    {
      method: 'get',
      path: '/verify',
      tags: ['space'],
      summary: 'Walks the hash chain of the log, page by page. Needs the grant to administer everything',
      request: { query: knownQuery },
      responses: { 200: jsonOf('How far it holds, or the first commit that does not fit.', verdict) },
    },
    async (c) => {
      const { seq, hash, page } = c.req.valid('query');
      const known = seq === undefined || hash === undefined ? undefined : { seq, hash };
      return respond(c, await verifyPage(ports, c.get('identity'), { known, page }));
    },
  );

  addRoute(
    api,
    {
      method: 'get',
      path: '/nodes',
      tags: ['space'],
      summary: "The space's instances, connected or not, in the order of their ids",
      request: { query: nodesQuery },
      responses: { 200: jsonOf('A page.', documented(nodesPageSchema, 'Nodes')) },
    },
    async (c) => respond(c, await listNodes(ports, c.get('identity'), c.req.valid('query'))),
  );
}
