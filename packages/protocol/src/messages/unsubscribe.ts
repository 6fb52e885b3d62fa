import * as z from 'zod/mini';
import { envelope } from '../envelope.ts';
import { patternsSchema } from './connect.ts';
import { changeNumberSchema } from './subscribe.ts';

/** Takes patterns from the connection. */
export const unsubscribeSchema = envelope(
  'unsubscribe',
  z.strictObject({ patterns: patternsSchema, change: z.optional(changeNumberSchema) }),
);
export type Unsubscribe = z.infer<typeof unsubscribeSchema>;

/** Answers `unsubscribe` with the patterns that are left. */
export const unsubscribedSchema = envelope('unsubscribe', z.object({ patterns: patternsSchema }));
export type Unsubscribed = z.infer<typeof unsubscribedSchema>;
