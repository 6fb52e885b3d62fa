import * as z from 'zod/mini';
import { LIMITS } from './limits.ts';
import { matches, patternSchema } from './pattern.ts';
import { strategySchema } from './strategy.ts';

/** What holds for writes of the keys that match `pattern`, unless a write says otherwise. */
export const policySchema = z.strictObject({
  pattern: patternSchema,
  strategy: z.optional(strategySchema),
  ttlMs: z.optional(z.int().check(z.gte(1), z.lte(LIMITS.ttlMs))),
});
export type Policy = z.infer<typeof policySchema>;

/** A space's policies, in order. */
export const policiesSchema = z.array(policySchema).check(z.maxLength(LIMITS.policies));

/** The first of `policies` that means `key`: more special ones are listed first. */
export const policyFor = (policies: readonly Policy[], key: string): Policy | undefined =>
  policies.find(({ pattern }) => matches(pattern, key));
