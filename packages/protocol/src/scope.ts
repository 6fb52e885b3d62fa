import * as z from 'zod/mini';
import { keySchema } from './key.ts';

/**
 * Which keys are meant: one, or all below a path. `{ prefix: 'tasks' }` means `tasks/42`, and neither `tasks` nor
 * `tasks2`; `{ prefix: '' }` means every key.
 */
export const scopeSchema = z.union([
  z.strictObject({ key: keySchema }),
  z.strictObject({ prefix: z.union([z.literal(''), keySchema]) }),
]);
export type Scope = z.infer<typeof scopeSchema>;

export const isInScope = (scope: Scope, key: string): boolean =>
  'key' in scope ? key === scope.key : scope.prefix === '' || key.startsWith(`${scope.prefix}/`);
