import { z } from '@hono/zod-openapi';
import { issueTicket } from '@mnemon/core';
import type { HttpApp } from '../../compose.ts';
import { type Api, addRoute, jsonOf } from '../api.ts';
import { problem } from '../problem.ts';

export function addTickets(api: Api, { ports, tickets, limit }: HttpApp): void {
  addRoute(
    api,
    {
      method: 'post',
      path: '/tickets',
      tags: ['access'],
      summary:
        'A ticket for one WebSocket connection, shown as the query parameter `ticket` within 30 seconds',
      responses: { 201: jsonOf('It.', z.object({ ticket: z.string(), expiresAtMs: z.int() })) },
    },
    async (c) => {
      const identity = c.get('identity');
      const refusal = await limit('tickets', identity);
      if (refusal) return problem(c, refusal);
      return c.json(await issueTicket({ tickets, ...ports }, identity), 201, { 'cache-control': 'no-store' });
    },
  );
}
