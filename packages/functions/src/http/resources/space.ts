import { z } from '@hono/zod-openapi';
import { verify } from '@mnemon/core';
import { administers, instanceIdSchema, wireError } from '@mnemon/protocol';
import type { HttpApp } from '../../compose.ts';
import { type Api, addRoute, jsonOf } from '../api.ts';
import { documented } from '../documented.ts';
import { problem } from '../problem.ts';

const verdictSchema = z.union([
  z.object({ intact: z.literal(true), end: z.object({ seq: z.int(), hash: z.string() }) }),
  z.object({
    intact: z.literal(false),
    seq: z.int(),
    problem: z.enum(['missing', 'rewritten', 'unlinked', 'truncated', 'foreign']),
  }),
]);

/** The end of an earlier walk, which this log has to contain. */
const knownQuery = z.object({
  seq: z.coerce.number().int().min(0).optional(),
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

const nodeSchema = z.object({
  instanceId: documented(instanceIdSchema),
  userId: z.string(),
  status: z.enum(['online', 'offline']),
  lastSeenAtMs: z.int(),
});

/** What concerns a space as a whole. */
export function addSpace(api: Api, { ports }: HttpApp): void {
  addRoute(
    api,
    {
      method: 'get',
      path: '/verify',
      tags: ['space'],
      summary: 'Walks the whole hash chain of the log. Needs the grant to administer everything',
      request: { query: knownQuery },
      responses: { 200: jsonOf('Its end, or the first commit that does not fit.', verdictSchema) },
    },
    async (c) => {
      const { space, grants } = c.get('identity');
      if (!administers(grants)) return problem(c, wireError('forbidden', 'only who administers everything'));
      const { seq, hash } = c.req.valid('query');
      const known = seq === undefined || hash === undefined ? undefined : { seq, hash };
      return c.json(await verify(ports, { space, partition: 0 }, known));
    },
  );

  addRoute(
    api,
    {
      method: 'get',
      path: '/nodes',
      tags: ['space'],
      summary: "The space's instances, connected or not",
      responses: { 200: jsonOf('All of them.', z.object({ nodes: z.array(nodeSchema) })) },
    },
    async (c) => {
      const nodes = await ports.nodes.list(c.get('identity').space);
      return c.json({ nodes: nodes.map(({ space: _, ...node }) => node) });
    },
  );
}
