import * as z from 'zod/mini';

/**
 * Where a reader is in a space's log: the newest `seq` it has, per partition. Another `epoch` is another log.
 * Applications keep it without looking inside.
 */
export const cursorSchema = z.strictObject({
  epoch: z.string().check(z.minLength(1), z.maxLength(64)),
  seq: z.array(z.int().check(z.gte(0))).check(z.minLength(1), z.maxLength(64)),
});
export type Cursor = z.infer<typeof cursorSchema>;
