import type * as z from 'zod/mini';
import { anyEnvelopeSchema } from './envelope.ts';
import { type WireError, wireError } from './error-code.ts';
import { issueError } from './issue-error.ts';

export type Parsed<Frame> = { ok: true; frame: Frame } | { ok: false; id: string; error: WireError };

/**
 * Reads a frame. A refusal carries the frame's `id` where it had a readable one, else ''. `isPlain` tells, of some frames that
 * the schema takes, that it does: they needn't be looked at further.
 */
export function parseFrame<Schema extends z.ZodMiniType>(
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
