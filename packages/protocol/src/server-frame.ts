import * as z from 'zod/mini';
import { adminAnswerSchema } from './messages/admin-answer.ts';
import { caughtUpSchema } from './messages/caught-up.ts';
import { changesSchema } from './messages/changes.ts';
import { conflictAnswerSchema } from './messages/conflict-answer.ts';
import { connectedSchema } from './messages/connected.ts';
import { diffAnswerSchema } from './messages/diff.ts';
import { disconnectedSchema } from './messages/disconnect.ts';
import { errorSchema } from './messages/error.ts';
import { heartbeatAnswerSchema } from './messages/heartbeat.ts';
import { historyAnswerSchema } from './messages/history.ts';
import { lockAnswerSchema } from './messages/lock-answer.ts';
import { nodesAnswerSchema } from './messages/nodes.ts';
import { pongSchema } from './messages/pong.ts';
import { readAnswerSchema } from './messages/read.ts';
import { stateResponseSchema } from './messages/state.ts';
import { taskAnswerSchema } from './messages/task-answer.ts';
import { unsubscribedSchema } from './messages/unsubscribe.ts';
import { type Parsed, parseFrame } from './parse-frame.ts';

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

/** Reads a frame from a server. */
export const parseServerFrame = (text: string): Parsed<ServerFrame> => parseFrame(serverFrameSchema, text);
