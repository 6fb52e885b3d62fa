import * as z from 'zod/mini';
import { jsonValueSchema, valueProblem } from './json-value.ts';
import { keySchema } from './key.ts';
import { LIMITS } from './limits.ts';
import { utf8Length } from './utf8-length.ts';

/** The key that stands for an instance wherever grants are asked. */
export const nodeKey = (instanceId: string): string => `nodes/${instanceId}`;

const announcedSchema = jsonValueSchema.check(
  z.superRefine((value, issues) => {
    if (valueProblem(value) || utf8Length(JSON.stringify(value)) <= LIMITS.presenceBytes) return;
    const message = `what is announced has at most ${LIMITS.presenceBytes} bytes of JSON`;
    issues.addIssue({ code: 'custom', message, params: { code: 'value-too-large' } });
  }),
);

/** What an instance says about itself while it is connected. None of it enters the log. */
export const presenceSchema = z.strictObject({
  /** What it is and does: its state, its tasks, what it can take on. */
  announced: z.optional(announcedSchema),
  /**
   * What is written in its name when its connection is over and no newer one has taken its place; with `ifExists`, only
   * where there is something to be replaced. `ttlMs` is its lifetime from then on.
   */
  will: z.optional(
    z.strictObject({
      key: keySchema,
      value: announcedSchema,
      ifExists: z.optional(z.boolean()),
      ttlMs: z.optional(z.int().check(z.gte(1), z.lte(LIMITS.ttlMs))),
    }),
  ),
});
export type Presence = z.infer<typeof presenceSchema>;

/** An instance as its space knows it, connected or not. */
export const nodeSchema = z.object({
  instanceId: z.string(),
  userId: z.string(),
  status: z.enum(['online', 'offline']),
  /** By the server's clock: its newest heartbeat, or its end. */
  lastSeenAtMs: z.number(),
  /** Left out where it announced nothing, and for those who may not read its `nodeKey`. */
  announced: z.optional(jsonValueSchema),
});
export type NodeView = z.infer<typeof nodeSchema>;
