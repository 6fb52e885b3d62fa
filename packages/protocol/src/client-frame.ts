import * as z from 'zod/mini';
import { wireError } from './error-code.ts';
import { LIMITS } from './limits.ts';
import { adminSchema } from './messages/admin.ts';
import { catchUpSchema } from './messages/catch-up.ts';
import { conflictSchema } from './messages/conflict.ts';
import { connectSchema } from './messages/connect.ts';
import { diffSchema } from './messages/diff.ts';
import { disconnectSchema } from './messages/disconnect.ts';
import { heartbeatSchema } from './messages/heartbeat.ts';
import { historySchema } from './messages/history.ts';
import { lockSchema } from './messages/lock.ts';
import { nodesSchema } from './messages/nodes.ts';
import { pingSchema } from './messages/ping.ts';
import { readSchema } from './messages/read.ts';
import { stateRequestFrameSchema } from './messages/state.ts';
import { subscribeSchema } from './messages/subscribe.ts';
import { taskMessageSchema } from './messages/task.ts';
import { unsubscribeSchema } from './messages/unsubscribe.ts';
import { isPlainWrite, writeSchema } from './messages/write.ts';
import { type Parsed, parseFrame } from './parse-frame.ts';
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

/** Reads a frame from a client. A refusal carries the frame's `id` where it had a readable one, else ''. */
export function parseClientFrame(text: string): Parsed<ClientFrame> {
  const parsed = parseFrame(clientFrameSchema, text, isPlainWrite);
  if (parsed.ok && parsed.frame.type === 'write' && utf8Length(text) > LIMITS.batchBytes) {
    const error = wireError('batch-too-large', `a batch has at most ${LIMITS.batchBytes} bytes`);
    return { ok: false, id: parsed.frame.id, error };
  }
  return parsed;
}
