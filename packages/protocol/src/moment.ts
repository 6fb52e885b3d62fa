import * as z from 'zod/mini';
import { cursorSchema } from './cursor.ts';
import { timestampSchema } from './hybrid-clock.ts';

/** A point in a space's past: a place in its log, or a time by the server's clock. */
export const momentSchema = z.union([
  z.strictObject({ cursor: cursorSchema }),
  z.strictObject({ timeMs: timestampSchema }),
]);
export type Moment = z.infer<typeof momentSchema>;
