import { ReadableStream as Streams } from 'node:stream/web';
import { z } from '@hono/zod-openapi';
import { type Answered, BadExport, exportSpace, importParts, importSpace, putImportPart } from '@mnemon/core';
import { cursorSchema, LIMITS, wireError } from '@mnemon/protocol';
import type { HttpApp } from '../../compose.ts';
import { IMPORT_BYTES } from '../accessible-api.ts';
import { type Api, addRoute, jsonBody, jsonOf, respond } from '../api.ts';
import { documented } from '../documented.ts';
import { problem } from '../problem.ts';

const NDJSON = 'application/x-ndjson';
/** A document of the database holds 16 MB. */
const PART_CHARACTERS = 4 * 1024 * 1024;
const TOO_LARGE = wireError('body-too-large', `a part has at most ${PART_CHARACTERS} characters`);
const NOTHING = wireError('bad-request', 'there is nothing to import');
const upload = z.string().regex(/^[A-Za-z0-9-]{1,64}$/);
const partQuery = z.object({
  upload,
  number: z.coerce
    .number()
    .int()
    .min(0)
    .max(LIMITS.importParts - 1),
});

const TAGS = ['administration'];
const LIMIT = `${IMPORT_BYTES / 1024 / 1024} MB of body, which \`content-encoding: gzip\` makes more of`;
const PART_LIMIT = `${PART_CHARACTERS} characters, and ${IMPORT_BYTES / 1024 / 1024} MB of body, gzipped or not`;

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
      const text = textOf(c.req.raw);
      if (!text) return problem(c, NOTHING);
      return respond(c, await importSpace(ports, c.get('identity'), whole(text)));
    },
  );

  addRoute(
    api,
    {
      method: 'put',
      path: '/import/part',
      tags: TAGS,
      summary: `Keeps a part of a longer export, cut between any two characters, for a day, or until another upload begins. ${PART_LIMIT}`,
      request: { query: partQuery, body: { required: true, content: { [NDJSON]: { schema: z.string() } } } },
      responses: { 204: { description: 'It is kept.' } },
    },
    async (c) => {
      const stream = textOf(c.req.raw);
      if (!stream) return problem(c, NOTHING);
      const part = await partOf(stream);
      if (!part.ok) return problem(c, part.error);
      const kept = await putImportPart(ports, c.get('identity'), c.req.valid('query'), part.value);
      return respond(c, kept, () => c.body(null, 204));
    },
  );

  addRoute(
    api,
    {
      method: 'post',
      path: '/import/parts',
      tags: TAGS,
      summary: 'Fills an empty space with an export that came in parts; repeated, it is answered the same',
      request: { body: jsonBody(z.strictObject({ upload, parts: z.int().min(1).max(LIMITS.importParts) })) },
      responses: { 200: jsonOf('Where its log ends.', z.object({ cursor: documented(cursorSchema) })) },
    },
    async (c) => respond(c, await importParts(ports, c.get('identity'), c.req.valid('json'))),
  );
}

/** As it is: what is cut within a character is refused, and no part loses what looks like a mark at its beginning. */
const AS_IT_IS = { fatal: true, ignoreBOM: true };

/** The text of a body, unzipped where its header says so. */
function textOf({ body, headers }: Request): ReadableStream<string> | undefined {
  if (!body) return undefined;
  const isZipped = headers.get('content-encoding') === 'gzip';
  const plain = isZipped ? body.pipeThrough(new DecompressionStream('gzip')) : body;
  return plain.pipeThrough(new TextDecoderStream('utf-8', AS_IT_IS));
}

/** All of it, unless that is more than one part may be, or cannot be read. */
async function partOf(stream: ReadableStream<string>): Promise<Answered<string>> {
  let text = '';
  try {
    for await (const piece of whole(stream)) {
      text += piece;
      if (text.length > PART_CHARACTERS) return { ok: false, error: TOO_LARGE };
    }
    return { ok: true, value: text };
  } catch (error) {
    if (error instanceof BadExport) return { ok: false, error: wireError('bad-request', error.message) };
    throw error;
  }
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
