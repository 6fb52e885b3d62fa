import { z } from '@hono/zod-openapi';
import { eventsSince } from '@mnemon/core';
import { eventSchema } from '@mnemon/protocol';
import type { HttpApp } from '../../compose.ts';
import { type Api, addRoute, jsonOf, respond } from '../api.ts';
import { encodeCursor } from '../cursor-token.ts';
import { documented } from '../documented.ts';
import { feedQuery, readFeedQuery } from '../feed-query.ts';
import { problem } from '../problem.ts';

/** Within the 30 s that API Gateway gives a request. */
const LONGEST_WAIT_S = 25;

const query = feedQuery.extend({
  wait: z.coerce
    .number()
    .min(0)
    .max(LONGEST_WAIT_S)
    .default(0)
    .openapi({ description: 'Seconds to wait for the first event.' }),
});

const pageSchema = z.object({
  events: z.array(documented(eventSchema, 'Event').and(z.object({ seq: z.int(), committedAtMs: z.int() }))),
  cursor: z.string().openapi({ description: 'Where the next page begins.' }),
  more: z.boolean().openapi({ description: 'Whether the log goes on already.' }),
});

export function addEvents(api: Api, { ports, pause }: HttpApp): void {
  addRoute(
    api,
    {
      method: 'get',
      path: '/events',
      tags: ['events'],
      summary: 'The change feed: a page of what happened after a cursor, waited for if need be',
      request: { query },
      responses: { 200: jsonOf('Whole commits, in their order.', pageSchema) },
    },
    async (c) => {
      const { wait, ...asked } = c.req.valid('query');
      const request = readFeedQuery(asked, wait * 1000);
      if (!request.ok) return problem(c, request.error);
      const page = await eventsSince(ports, pause, c.get('identity'), request.value);
      return respond(c, page, ({ cursor, ...rest }) => c.json({ ...rest, cursor: encodeCursor(cursor) }));
    },
  );
}
