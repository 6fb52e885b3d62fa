import { TASK_STATES } from '@mnemon/protocol';
import * as z from 'zod';
import { opaqueToken } from './opaque-token.ts';

/** Where the next page of a list of tasks begins: after this place in the order of claims. */
export const taskPageToken = opaqueToken(
  z.strictObject({
    of: z.literal('tasks'),
    state: z.enum(TASK_STATES),
    priority: z.int(),
    index: z.int(),
  }),
);
