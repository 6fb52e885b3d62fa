import * as z from 'zod/mini';

/** How concurrent writes of one key are resolved. */
export const STRATEGIES = [
  'last-write-wins',
  'array-merge',
  'object-merge',
  'max-value',
  'merge-all',
  'importance',
  'vector-clock',
  'counter',
  'set',
  'custom',
] as const;
export const strategySchema = z.enum(STRATEGIES);
export type Strategy = z.infer<typeof strategySchema>;
