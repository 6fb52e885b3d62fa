import { ReadableStream as Streams } from 'node:stream/web';
import { z } from '@hono/zod-openapi';
import { BadExport, exportSpace, importSpace } from '@mnemon/core';
import { cursorSchema, wireError } from '@mnemon/protocol';
import type { HttpApp } from '../../compose.ts';
import { IMPORT_BYTES } from '../accessible-api.ts';
import { type Api, addRoute, jsonOf, respond } from '../api.ts';
import { documented } from '../documented.ts';
import { problem } from '../problem.ts';

const NDJSON = 'application/x-ndjson';
const TAGS = ['administration'];
const LIMIT = `${IMPORT_BYTES / 1024 / 1024} MB of body, which \`content-encoding: gzip\` makes more of`;

/** Whole spaces, out and in. Only administrators may: the use-cases see to it. */
export function addCopies(api: Api, { ports }: HttpApp): void {
  addRoute(
    api,
    {
      method: 'get',
      path: '/export',
      tags: TAGS,
      summary: 'The space as NDJSON. Without its last line, `end`, it is of no use',
      responses: { 200: { description: 'Line by line.', content: { [NDJSON]: { schema: z.string() } } } },
    },
    async (c) => {
      const exported = await exportSpace(ports, c.get('identity'));
      return respond(c, exported, (lines) =>
        c.body(bytesOf(lines), 200, {
          'content-type': NDJSON,
          'cache-control': 'no-store',
        }),
      );
    },
  );

  addRoute(
    api,
    {
      method: 'post',
      path: '/import',
      tags: TAGS,
      summary: `Fills an empty space with an export; repeated, it is answered the same. ${LIMIT}`,
      request: { body: { required: true, content: { [NDJSON]: { schema: z.string() } } } },
      responses: { 200: jsonOf('Where its log ends.', z.object({ cursor: documented(cursorSchema) })) },
    },
    async (c) => {
      const { body } = c.req.raw;
      if (!body) return problem(c, wireError('bad-request', 'there is nothing to import'));
      const isZipped = c.req.header('content-encoding') === 'gzip';
      const text = (isZipped ? body.pipeThrough(new DecompressionStream('gzip')) : body).pipeThrough(
        new TextDecoderStream(),
      );
      return respond(c, await importSpace(ports, c.get('identity'), whole(text)));
    },
  );
}

/** A body that ends too early, or is not what its header says, is no export. */
async function* whole(text: ReadableStream<string>): AsyncIterable<string> {
  try {
    yield* text as unknown as AsyncIterable<string>;
  } catch (error) {
    throw new BadExport(`the body cannot be read: ${(error as Error).message}`);
  }
}

function bytesOf(lines: AsyncIterable<string>): ReadableStream<Uint8Array> {
  return Streams.from(encoded(lines)) as unknown as ReadableStream<Uint8Array>;
}

async function* encoded(lines: AsyncIterable<string>) {
  const encoder = new TextEncoder();
  for await (const line of lines) yield encoder.encode(line);
}
