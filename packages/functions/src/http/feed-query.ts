import { z } from '@hono/zod-openapi';
import type { Answered, FeedRequest } from '@mnemon/core';
import { patternSchema } from '@mnemon/protocol';
import { decodeCursor } from './cursor-token.ts';
import { documented } from './documented.ts';

const HEAD = 'head';

/** Which events of the feed are asked for. */
export const feedQuery = z.object({
  after: z
    .string()
    .max(2048)
    .optional()
    .openapi({
      description: `A cursor, or \`${HEAD}\` for what comes from now on; left out: from the beginning.`,
    }),
  pattern: documented(patternSchema)
    .optional()
    .openapi({ description: 'Only keys that match; `**` without.' }),
});
type FeedQuery = z.infer<typeof feedQuery>;

/** Reads the query; `lastEventId`, where a stream broke off, wins over `after`. */
export function readFeedQuery(
  { after, pattern }: FeedQuery,
  waitMs: number,
  lastEventId?: string,
): Answered<FeedRequest> {
  const token = lastEventId || after;
  if (token === undefined || token === HEAD) return { ok: true, value: { after: token, pattern, waitMs } };
  const cursor = decodeCursor(token);
  return cursor.ok ? { ok: true, value: { after: cursor.value, pattern, waitMs } } : cursor;
}
