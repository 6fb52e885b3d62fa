import { z } from '@hono/zod-openapi';
import { readValue } from '@mnemon/core';
import { keySchema } from '@mnemon/protocol';
import type { HttpApp } from '../../compose.ts';
import { type Api, addRoute, respond } from '../api.ts';
import { documented } from '../documented.ts';

const query = z.object({
  key: documented(keySchema),
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .openapi({ description: 'As `large.hash` of the version names it.' }),
});

/** A value never changes under its hash, and is for whom it was given to. */
const HEADERS = {
  'content-type': 'application/json',
  'cache-control': 'private, max-age=31536000, immutable',
};

export function addValues(api: Api, { ports }: HttpApp): void {
  addRoute(
    api,
    {
      method: 'get',
      path: '/value',
      tags: ['entries'],
      summary: 'A value of more than 64 KB, of any version that can still be read',
      request: { query },
      responses: {
        200: {
          description: 'Its canonical JSON text, whose SHA-256 is the hash.',
          content: { 'application/json': { schema: z.unknown() } },
        },
      },
    },
    async (c) => {
      const found = await readValue(ports, c.get('identity'), c.req.valid('query'));
      return respond(c, found, (text) => c.body(text, 200, HEADERS));
    },
  );
}
