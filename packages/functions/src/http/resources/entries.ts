import { z } from '@hono/zod-openapi';
import { readWholeEntry, writeBatch } from '@mnemon/core';
import {
  type Ack,
  entrySchema,
  keySchema,
  LIMITS,
  type Op,
  outcomeSchema,
  wireError,
} from '@mnemon/protocol';
import type { Context } from 'hono';
import type { HttpApp } from '../../compose.ts';
import { type Api, addRoute, type HttpEnv, jsonBody, jsonOf, respond } from '../api.ts';
import { etagOf, expectedVersion } from '../conditions.ts';
import { documented } from '../documented.ts';
import { httpOpJson, putBodyJson, readOp } from '../http-op.ts';
import { batchName } from '../idempotency.ts';
import { problem } from '../problem.ts';

const keyQuery = z.object({ key: documented(keySchema) });
const entry = documented(entrySchema, 'Entry');
const outcome = documented(outcomeSchema, 'Outcome');
const idempotencyKey = z
  .string()
  .min(1)
  .max(256)
  .optional()
  .openapi({ description: 'A request that is sent again under the same key gets the first answer.' });
const commit = z.object({ partition: z.int(), seq: z.int() }).optional();

const conditionalHeaders = z.object({
  'if-match': z.string().optional().openapi({ description: 'The ETag of the version to replace.' }),
  'if-none-match': z.string().optional().openapi({ description: '`*`: only if there is nothing yet.' }),
  'idempotency-key': idempotencyKey,
});
type ConditionalHeaders = z.infer<typeof conditionalHeaders>;

const ONE_ENTRY = { path: '/entry', tags: ['entries'] };
const written = { 200: jsonOf('What became of it.', outcome) };

export function addEntries(api: Api, app: HttpApp): void {
  addRoute(
    api,
    {
      ...ONE_ENTRY,
      method: 'get',
      summary: 'The current entry of a key, however large its value; its version is the ETag',
      request: { query: keyQuery, headers: z.object({ 'if-none-match': z.string().optional() }) },
      responses: { 200: jsonOf('The entry.', entry), 304: { description: 'It is still that version.' } },
    },
    async (c) => {
      const found = await readWholeEntry(app.ports, c.get('identity'), c.req.valid('query').key);
      return respond(c, found, (value) => {
        const headers = { etag: etagOf(value.version) };
        const isKnown = c.req.valid('header')['if-none-match'] === headers.etag;
        return isKnown ? c.body(null, 304, headers) : c.json(value, 200, headers);
      });
    },
  );

  addRoute(
    api,
    {
      ...ONE_ENTRY,
      method: 'put',
      summary:
        'Writes a key, with a value of up to 1 MB. Without a condition or `seen`, concurrently with whatever is there',
      request: {
        query: keyQuery,
        headers: conditionalHeaders,
        body: jsonBody(z.record(z.string(), z.unknown()).openapi('EntryWrite', putBodyJson)),
      },
      responses: written,
    },
    (c) => {
      const fields = { ...c.req.valid('json'), op: 'put', key: c.req.valid('query').key };
      return writeOne(app, c, fields, c.req.valid('header'));
    },
  );

  addRoute(
    api,
    {
      ...ONE_ENTRY,
      method: 'delete',
      summary: 'Deletes a key; `unchanged` when there is nothing',
      request: { query: keyQuery, headers: conditionalHeaders },
      responses: written,
    },
    (c) => writeOne(app, c, { op: 'delete', key: c.req.valid('query').key }, c.req.valid('header')),
  );

  addBatch(api, app);
}

function addBatch(api: Api, app: HttpApp): void {
  const op = z.record(z.string(), z.unknown()).openapi('Op', httpOpJson);
  const ops = z.array(op).min(1).max(LIMITS.batchOps);
  addRoute(
    api,
    {
      method: 'post',
      path: '/entries',
      tags: ['entries'],
      summary:
        'Writes several keys in one commit; one outcome each, in their order. More than 64 KB go alone',
      request: {
        headers: z.object({ 'idempotency-key': idempotencyKey }),
        body: jsonBody(z.strictObject({ ops })),
      },
      responses: {
        200: jsonOf(
          'What became of each.',
          z.object({ outcomes: z.array(outcome), commit, epoch: z.string() }),
        ),
      },
    },
    async (c) => {
      const nowMs = app.ports.clock.now();
      const read: Op[] = [];
      for (const [index, fields] of c.req.valid('json').ops.entries()) {
        const parsed = readOp(fields, nowMs, ['ops', index]);
        if (!parsed.ok) return problem(c, parsed.error);
        read.push(parsed.value);
      }
      const answered = await write(app, c, read, c.req.valid('header')['idempotency-key']);
      return respond(c, answered, ({ outcomes, commit, epoch }) => c.json({ outcomes, commit, epoch }));
    },
  );
}

function write(
  { ports, pause }: HttpApp,
  c: Context<HttpEnv>,
  ops: Op[],
  idempotencyKey: string | undefined,
) {
  const identity = c.get('identity');
  return writeBatch(ports, pause, identity, {
    ...batchName(identity, idempotencyKey, ports.randomId),
    ops,
  });
}

async function writeOne(app: HttpApp, c: Context<HttpEnv>, fields: object, headers: ConditionalHeaders) {
  const condition = expectedVersion(headers['if-match'], headers['if-none-match']);
  if (!condition.ok) return problem(c, condition.error);
  const { version } = condition;
  const op = readOp(
    { ...fields, ...(version !== undefined && { expectedVersion: version }) },
    app.ports.clock.now(),
  );
  if (!op.ok) return problem(c, op.error);
  const answered = await write(app, c, [op.value], headers['idempotency-key']);
  return respond(c, answered, (ack) => encodeOutcome(c, ack));
}

function encodeOutcome(c: Context, { outcomes: [outcome] }: Ack): Response {
  if (!outcome) throw new Error('an ack without an outcome');
  if (outcome.status !== 'refused') {
    return c.json(outcome, 200, 'version' in outcome ? { etag: etagOf(outcome.version) } : {});
  }
  const { code, message, current } = outcome;
  return problem(c, wireError(code, message, current && { details: { current } }));
}
