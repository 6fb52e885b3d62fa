import type * as z from 'zod/mini';
import { type ErrorCode, errorCodeSchema, type WireError, wireError } from './error-code.ts';

/** What a sender is told of the first thing that is wrong with its input. */
export function issueError(issue: z.core.$ZodIssue): WireError {
  const path = issue.path.join('.');
  // Cut short: the message may repeat names from the input, and an answer has to fit one frame.
  return wireError(codeOf(issue), `${path}: ${issue.message.slice(0, 200)}`, { details: { path } });
}

/** A schema names its own code where one says more than `bad-request`. */
function codeOf(issue: z.core.$ZodIssue): ErrorCode {
  if (issue.code === 'too_big' && issue.path.at(-1) === 'ops') return 'batch-too-large';
  const named = issue.code === 'custom' ? errorCodeSchema.safeParse(issue.params?.code) : undefined;
  return named?.success ? named.data : 'bad-request';
}
