import { cursorSchema } from '@mnemon/protocol';
import * as z from 'zod';

const pageSchema = z.discriminatedUnion('of', [
  /** Log: the commits after the cursor; of the first, `part` parts were sent. What topics, the reader says again. */
  z.strictObject({ of: z.literal('log'), cursor: cursorSchema, part: z.int().min(0) }),
  /** State: the entries after `afterKey`; the log continues at the cursor. */
  z.strictObject({
    of: z.literal('state'),
    cursor: cursorSchema,
    reason: z.enum(['no-cursor', 'other-epoch', 'past-head', 'too-far', 'compacted', 'subscribed']),
    afterKey: z.string().max(2048).optional(),
  }),
]);
/** Where the next page of a catch-up begins. It grants nothing: pages are filtered like everything else. */
export type Page = z.infer<typeof pageSchema>;
export type LogPage = Extract<Page, { of: 'log' }>;
export type StatePage = Extract<Page, { of: 'state' }>;
export type StateReason = StatePage['reason'];

export const encodePage = (page: Page): string => Buffer.from(JSON.stringify(page)).toString('base64url');

/** `undefined` for what was not made by `encodePage`. */
export function decodePage(token: string): Page | undefined {
  try {
    const parsed = pageSchema.safeParse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
