import { administers, type ClientId, type RenewedEpoch, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { sealRenewal } from '../domain/commit.ts';
import { appendOf, planOf } from '../domain/plan-commits.ts';
import type { Ports } from '../ports/ports.ts';
import { noAdmin } from './administer.ts';
import { publish } from './publish.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { nothingThere } from './state-at.ts';

/** So often in a row somebody else may be faster. */
const MAX_ATTEMPTS = 50;

/**
 * Gives a space a new random epoch, by an empty commit that says so: no cursor from before means anything any more, and who
 * has one reloads. For after the database was restored from a backup, when the log goes on from an earlier place than where
 * clients have been. Asked twice, it happens twice, which does no harm.
 */
export async function renewEpoch(ports: Ports, identity: Identity): Promise<Answered<RenewedEpoch>> {
  const { space, instanceId, grants } = identity;
  if (!administers(grants)) return refuse(noAdmin()); // I8
  const at = { space, partition: 0 };
  const epoch = ports.randomId();
  const mutation = { client: `epoch:${epoch}` as ClientId, n: 1 };
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    // 1. Load.
    const loaded = await ports.log.load({ ...at, keys: [], mutations: [] });
    if (!loaded) return refuse(nothingThere());
    const { head } = loaded;
    // 2. Commit.
    const committedAtMs = ports.clock.now();
    const plan = planOf(at, epoch, [
      sealRenewal(head, { ...at, epoch, author: instanceId, committedAtMs, mutation }),
    ]);
    if ((await ports.log.append({ ...appendOf(plan), newEpoch: epoch })) === 'conflict') continue;
    // 3. Publish. Whoever follows some topics only notices by its next heartbeat.
    await publish(ports, plan);
    return ok({ cursor: { epoch, seq: [head.seq + 1] } });
  }
  return refuse(wireError('contention', 'too many write to this space at the moment'));
}
