import * as z from 'zod/mini';
import { anyEnvelopeSchema } from './envelope.ts';
import { type WireError, wireError } from './error-code.ts';
import { issueError } from './issue-error.ts';
import { LIMITS } from './limits.ts';
import { adminAnswerSchema, adminSchema } from './messages/admin.ts';
import { catchUpSchema } from './messages/catch-up.ts';
import { caughtUpSchema } from './messages/caught-up.ts';
import { changesSchema } from './messages/changes.ts';
import { conflictAnswerSchema, conflictSchema } from './messages/conflict.ts';
import { connectSchema } from './messages/connect.ts';
import { connectedSchema } from './messages/connected.ts';
import { diffAnswerSchema, diffSchema } from './messages/diff.ts';
import { disconnectedSchema, disconnectSchema } from './messages/disconnect.ts';
import { errorSchema } from './messages/error.ts';
import { heartbeatAnswerSchema, heartbeatSchema } from './messages/heartbeat.ts';
import { historyAnswerSchema, historySchema } from './messages/history.ts';
import { lockAnswerSchema, lockSchema } from './messages/lock.ts';
import { nodesAnswerSchema, nodesSchema } from './messages/nodes.ts';
import { pingSchema } from './messages/ping.ts';
import { pongSchema } from './messages/pong.ts';
import { readAnswerSchema, readSchema } from './messages/read.ts';
import { stateRequestFrameSchema, stateResponseSchema } from './messages/state.ts';
import { subscribeSchema } from './messages/subscribe.ts';
import { taskAnswerSchema, taskMessageSchema } from './messages/task.ts';
import { unsubscribedSchema, unsubscribeSchema } from './messages/unsubscribe.ts';
import { isPlainWrite, writeSchema } from './messages/write.ts';
import { utf8Length } from './utf8-length.ts';

/** What a client may say. */
export const clientFrameSchema = z.discriminatedUnion('type', [
  connectSchema,
  disconnectSchema,
  pingSchema,
  heartbeatSchema,
  writeSchema,
  subscribeSchema,
  unsubscribeSchema,
  catchUpSchema,
  historySchema,
  stateRequestFrameSchema,
  diffSchema,
  conflictSchema,
  adminSchema,
  readSchema,
  nodesSchema,
  lockSchema,
  taskMessageSchema,
]);
export type ClientFrame = z.infer<typeof clientFrameSchema>;

/** What a server may say. */
export const serverFrameSchema = z.discriminatedUnion('type', [
  connectedSchema,
  disconnectedSchema,
  pongSchema,
  heartbeatAnswerSchema,
  changesSchema,
  unsubscribedSchema,
  caughtUpSchema,
  historyAnswerSchema,
  stateResponseSchema,
  diffAnswerSchema,
  conflictAnswerSchema,
  adminAnswerSchema,
  readAnswerSchema,
  nodesAnswerSchema,
  lockAnswerSchema,
  taskAnswerSchema,
  errorSchema,
]);
export type ServerFrame = z.infer<typeof serverFrameSchema>;

export type Parsed<Frame> = { ok: true; frame: Frame } | { ok: false; id: string; error: WireError };

/** Reads a frame from a client. A refusal carries the frame's `id` where it had a readable one, else ''. */
export function parseClientFrame(text: string): Parsed<ClientFrame> {
  const parsed = parse(clientFrameSchema, text, isPlainWrite);
  if (parsed.ok && parsed.frame.type === 'write' && utf8Length(text) > LIMITS.batchBytes) {
    const error = wireError('batch-too-large', `a batch has at most ${LIMITS.batchBytes} bytes`);
    return { ok: false, id: parsed.frame.id, error };
  }
  return parsed;
}

/** Reads a frame from a server. */
export const parseServerFrame = (text: string): Parsed<ServerFrame> => parse(serverFrameSchema, text);

/** `isPlain` tells, of some frames that the schema takes, that it does: they needn't be looked at further. */
function parse<Schema extends z.ZodMiniType>(
  schema: Schema,
  text: string,
  isPlain: (json: unknown) => boolean = () => false,
): Parsed<z.infer<Schema>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, id: '', error: wireError('bad-frame', 'a frame is JSON text') };
  }
  if (isPlain(json)) return { ok: true, frame: json as z.infer<Schema> };
  const frame = schema.safeParse(json);
  if (frame.success) return { ok: true, frame: frame.data };
  const addressed = anyEnvelopeSchema.safeParse(json);
  if (!addressed.success) {
    return {
      ok: false,
      id: '',
      error: wireError(
        'bad-frame',
        'a frame is { type, id, timestamp, payload }, its id at most 64 characters',
      ),
    };
  }
  return { ok: false, id: addressed.data.id, error: refusal(frame.error.issues, addressed.data.type) };
}

function refusal(issues: readonly z.core.$ZodIssue[], type: string): WireError {
  const issue = issues[0] as z.core.$ZodIssue;
  if (issue.code === 'invalid_union' && issue.path.at(-1) === 'type') {
    return wireError('unknown-type', `no message is called ${JSON.stringify(type.slice(0, 64))}`);
  }
  return issueError(issue);
}
