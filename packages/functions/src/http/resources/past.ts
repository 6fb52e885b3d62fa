import { z } from '@hono/zod-openapi';
import { diff, history, stateAt } from '@mnemon/core';
import { diffPageSchema, historyPageSchema, keySchema, statePageSchema } from '@mnemon/protocol';
import type { HttpApp } from '../../compose.ts';
import { type Api, addRoute, jsonOf, respond } from '../api.ts';
import { encodeCursor } from '../cursor-token.ts';
import { documented } from '../documented.ts';
import { momentQuery, pagingQuery, readMoment, readScope, scopeQuery } from '../past-query.ts';
import { problem } from '../problem.ts';

const WHEN = 'A cursor, or milliseconds since 1970.';

const historyQuery = z.object({ key: documented(keySchema), ...pagingQuery });
const stateQuery = z.object({ ...scopeQuery, at: momentQuery(WHEN).optional(), ...pagingQuery });
const diffQuery = z.object({
  ...scopeQuery,
  from: momentQuery(WHEN),
  to: momentQuery(WHEN).optional(),
  ...pagingQuery,
});

/** What a space was. Cursors in answers are those that `at`, `from`, `to` and `after` take. */
export function addPast(api: Api, { ports }: HttpApp): void {
  addRoute(
    api,
    {
      method: 'get',
      path: '/history',
      tags: ['past'],
      summary: 'The versions of a key, the newest first, each with its difference to the one before',
      request: { query: historyQuery },
      responses: { 200: jsonOf('A page.', documented(historyPageSchema, 'History')) },
    },
    async (c) => respond(c, await history(ports, c.get('identity'), c.req.valid('query'))),
  );

  addRoute(
    api,
    {
      method: 'get',
      path: '/state',
      tags: ['past'],
      summary: 'Entries as they were; without `at`, as they are',
      request: { query: stateQuery },
      responses: { 200: jsonOf('A page.', documented(statePageSchema, 'PastState')) },
    },
    async (c) => {
      const { key, prefix, at, limit, page } = c.req.valid('query');
      const scope = readScope({ key, prefix });
      if (!scope.ok) return problem(c, scope.error);
      const moment = at === undefined ? undefined : readMoment(at);
      if (moment?.ok === false) return problem(c, moment.error);
      const request = { scope: scope.value, at: moment?.value, limit, page };
      const state = await stateAt(ports, c.get('identity'), request);
      return respond(c, state, ({ cursor, ...rest }) => c.json({ ...rest, cursor: encodeCursor(cursor) }));
    },
  );

  addRoute(
    api,
    {
      method: 'get',
      path: '/diff',
      tags: ['past'],
      summary: 'The keys that differ between two moments, and how',
      request: { query: diffQuery },
      responses: { 200: jsonOf('A page.', documented(diffPageSchema, 'Diff')) },
    },
    async (c) => {
      const { key, prefix, from, to, limit, page } = c.req.valid('query');
      const scope = readScope({ key, prefix });
      if (!scope.ok) return problem(c, scope.error);
      const [start, end] = [readMoment(from), to === undefined ? undefined : readMoment(to)];
      if (!start.ok) return problem(c, start.error);
      if (end?.ok === false) return problem(c, end.error);
      const request = { scope: scope.value, from: start.value, to: end?.value, limit, page };
      const found = await diff(ports, c.get('identity'), request);
      return respond(c, found, ({ from, to, ...rest }) =>
        c.json({ ...rest, from: encodeCursor(from), to: encodeCursor(to) }),
      );
    },
  );
}
