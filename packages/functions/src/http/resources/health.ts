import { z } from '@hono/zod-openapi';
import type { HttpApp } from '../../compose.ts';
import { probeAll } from '../../probes.ts';
import { type Api, addRoute, jsonOf } from '../api.ts';

const backendSchema = z.object({ status: z.enum(['ok', 'degraded']), latencyMs: z.number() });

export function addHealth(api: Api, { probes }: HttpApp): void {
  addRoute(
    api,
    {
      method: 'get',
      path: '/health',
      summary: 'Whether the function runs. Touches no backend, needs no token',
      security: [],
      responses: { 200: jsonOf('It does.', z.object({ status: z.literal('ok') })) },
    },
    (c) => c.json({ status: 'ok' }),
  );

  addRoute(
    api,
    {
      method: 'get',
      path: '/status',
      summary: 'Each backend, how it is and how long it took to answer',
      responses: {
        200: jsonOf(
          '`degraded` when one of them is.',
          z.object({ status: z.enum(['ok', 'degraded']), backends: z.record(z.string(), backendSchema) }),
        ),
      },
    },
    async (c) => {
      const backends = await probeAll(probes);
      const isOk = Object.values(backends).every(({ status }) => status === 'ok');
      return c.json({ status: isOk ? 'ok' : 'degraded', backends });
    },
  );
}
