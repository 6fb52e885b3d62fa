import * as z from 'zod/mini';
import { matches, patternSchema } from './pattern.ts';

/** Each access includes the ones before it. */
const ACCESS = ['read', 'write', 'admin'] as const;
export type Access = (typeof ACCESS)[number];

/** What a token may do with the keys that match `pattern`. */
export const grantSchema = z.strictObject({ pattern: patternSchema, access: z.enum(ACCESS) });
export type Grant = z.infer<typeof grantSchema>;

/** Whether one of `grants` gives `access` to `key`. */
export const allows = (grants: readonly Grant[], access: Access, key: string): boolean =>
  grants.some(
    (grant) => ACCESS.indexOf(grant.access) >= ACCESS.indexOf(access) && matches(grant.pattern, key),
  );

/** Whether `grants` give all rights to everything in the space. */
export const administers = (grants: readonly Grant[]): boolean =>
  grants.some(({ pattern, access }) => pattern === '**' && access === 'admin');

/** Whether `grants` let their holder read every key, so that nothing has to be left out. */
export const readsEverything = (grants: readonly Grant[]): boolean =>
  grants.some((grant) => grant.pattern === '**');
