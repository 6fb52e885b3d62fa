import * as z from 'zod/mini';
import { envelope } from '../envelope.ts';
import { errorCodeSchema } from '../error-code.ts';

/** The client's goodbye: its row goes at once instead of when it is found stale. */
export const disconnectSchema = envelope('disconnect', z.strictObject({}));

/** The server's goodbye: says why, then closes. */
export const disconnectedSchema = envelope(
  'disconnect',
  z.object({ code: errorCodeSchema, message: z.string() }),
);
export type Disconnected = z.infer<typeof disconnectedSchema>;
