import type * as z from 'zod/mini';
import { envelope } from '../envelope.ts';
import { wireErrorSchema } from '../error-code.ts';

/** Answers a request that failed. The connection stays open. */
export const errorSchema = envelope('error', wireErrorSchema);
export type ErrorFrame = z.infer<typeof errorSchema>;
