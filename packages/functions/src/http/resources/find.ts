import { z } from '@hono/zod-openapi';
import { listEntries, searchEntries } from '@mnemon/core';
import { foundPageSchema, LIMITS, listRequestSchema, searchRequestSchema } from '@mnemon/protocol';
import type { HttpApp } from '../../compose.ts';
import { type Api, addRoute, jsonOf, respond } from '../api.ts';
import { documented } from '../documented.ts';
import { momentQuery, pagingQuery, readMoment } from '../past-query.ts';
import { problem } from '../problem.ts';

const { prefix, pattern, author, tags, entities } = listRequestSchema.shape;

/** A parameter that may be repeated: one `?tag=a` is a text, several are an array. */
const repeated = <Schema extends z.core.$ZodType>(schema: Schema) =>
  z
    .preprocess((value) => (typeof value === 'string' ? [value] : value), documented(schema))
    .openapi({
      type: 'array',
      items: { type: 'string' },
      description: 'Repeat it for several: all of them.',
    });

const listQuery = z.object({
  prefix: documented(prefix).openapi({ description: 'Keys below this path.' }).optional(),
  pattern: documented(pattern).optional(),
  tag: repeated(tags).optional(),
  entity: repeated(entities).optional(),
  author: documented(author).optional(),
  changedSince: momentQuery(
    'Only what was committed after a cursor, or after milliseconds since 1970.',
  ).optional(),
  ...pagingQuery,
});

const searchQuery = z.object({
  text: documented(searchRequestSchema.shape.text).openapi({
    description: 'Every word of it: in the key, the tags, the entities or the value, whole and in any case.',
  }),
  ...pagingQuery,
});

const found = {
  200: jsonOf(
    `In the order of their keys, ${LIMITS.pageItems} at most. A page may be empty and still not the last.`,
    documented(foundPageSchema, 'Found'),
  ),
};

/** Current entries, found by indexes. */
export function addFind(api: Api, { ports }: HttpApp): void {
  addRoute(
    api,
    {
      method: 'get',
      path: '/entries',
      tags: ['entries'],
      summary: 'Lists current entries: those to which all of the query applies',
      request: { query: listQuery },
      responses: found,
    },
    async (c) => {
      const { tag, entity, changedSince, ...rest } = c.req.valid('query');
      const since = changedSince === undefined ? undefined : readMoment(changedSince);
      if (since?.ok === false) return problem(c, since.error);
      const request = { ...rest, tags: tag, entities: entity, changedSince: since?.value };
      return respond(c, await listEntries(ports, c.get('identity'), request));
    },
  );

  addRoute(
    api,
    {
      method: 'get',
      path: '/search',
      tags: ['entries'],
      summary: 'Current entries that hold every word of a text',
      request: { query: searchQuery },
      responses: found,
    },
    async (c) => respond(c, await searchEntries(ports, c.get('identity'), c.req.valid('query'))),
  );
}
