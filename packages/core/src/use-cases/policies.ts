import { type Policy, policiesSchema, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import { type Answered, ok, refuse } from './refusal.ts';

/** A space's policies, in the order in which they are tried. Whoever may read something may know how it is resolved. */
export const getPolicies = async (
  ports: Pick<Ports, 'policies'>,
  { space }: Pick<Identity, 'space'>,
): Promise<readonly Policy[]> => ports.policies.get(space);

/** Replaces all policies; for those who administer every key. They hold for writes that are decided from then on. */
export async function setPolicies(
  ports: Pick<Ports, 'policies' | 'log' | 'randomId'>,
  { space, grants }: Pick<Identity, 'space' | 'grants'>,
  policies: readonly Policy[],
): Promise<Answered<readonly Policy[]>> {
  if (!grants.some(({ pattern, access }) => pattern === '**' && access === 'admin')) {
    return refuse(wireError('forbidden', 'policies are for those with an admin grant on **')); // I8
  }
  const checked = policiesSchema.safeParse(policies);
  if (!checked.success) {
    return refuse(wireError('bad-request', checked.error.issues[0]?.message ?? 'no policies'));
  }
  if (!(await ports.policies.set(space, checked.data))) {
    await ports.log.open(space, ports.randomId());
    await ports.policies.set(space, checked.data);
  }
  return ok(checked.data);
}
