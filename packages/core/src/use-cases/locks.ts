import { allows, type LockAnswer, type LockFrame, type LockRequest, wireError } from '@mnemon/protocol';
import type { Identity, Speaker } from '../domain/caller.ts';
import type { FreedLock } from '../ports/locks.ts';
import type { Ports } from '../ports/ports.ts';
import { type Answered, ok, refuse } from './refusal.ts';

type LockPorts = Pick<Ports, 'locks' | 'log' | 'fanout' | 'clock' | 'randomId'>;
type Asked<Do extends LockRequest['do']> = Omit<Extract<LockRequest, { do: Do }>, 'do'>;

/** Without a connection, nobody but its lease ends a holder's time. */
type Holder = Identity & { connectionId?: string };
const NO_CONNECTION = '';

/** Asks for a lock. Who is refused and waits is told when it is given back; when its lease ends nobody tells. */
export async function acquireLock(
  ports: LockPorts,
  caller: Holder,
  { name, attempt, leaseMs, waitMs = 0 }: Asked<'acquire'>,
): Promise<Answered<LockAnswer>> {
  if (!mayLock(caller, name)) return refuse(noGrant(name));
  const { space, instanceId, connectionId = NO_CONNECTION } = caller;
  // I8: a notice after the token's end goes to nobody.
  const tokenLeftMs = caller.tokenExpiresAtMs - ports.clock.now();
  const times = { leaseMs, waitMs: caller.connectionId === undefined ? 0 : Math.min(waitMs, tokenLeftMs) };
  const acquire = () => ports.locks.acquire({ space, name }, { instanceId, connectionId, attempt }, times);
  let acquired = await acquire();
  if (!acquired) {
    await ports.log.open(space, ports.randomId());
    acquired = await acquire();
  }
  if (!acquired) throw new Error(`space ${space} was opened and is not there`);
  return ok(
    acquired.granted
      ? { is: 'granted', name, token: acquired.token }
      : { is: 'held', name, leaseLeftMs: acquired.leaseLeftMs },
  );
}

/** Makes a lease longer, while it lasts. */
export async function renewLock(
  ports: LockPorts,
  caller: Holder,
  { name, token, leaseMs }: Asked<'renew'>,
): Promise<Answered<LockAnswer>> {
  if (!mayLock(caller, name)) return refuse(noGrant(name));
  const { space, instanceId, connectionId = NO_CONNECTION } = caller;
  const isHeld = await ports.locks.renew({ space, name, instanceId, token }, connectionId, leaseMs);
  return ok({ is: isHeld ? 'renewed' : 'lost', name, token });
}

/** Gives a lock back and tells who waits for it. Nothing happens to one that is another's. */
export async function releaseLock(
  ports: LockPorts,
  caller: Identity,
  { name, token }: Asked<'release'>,
): Promise<Answered<LockAnswer>> {
  if (!mayLock(caller, name)) return refuse(noGrant(name));
  const { space, instanceId } = caller;
  const freed = await ports.locks.release({ space, name, instanceId, token });
  if (freed) await tellWaiters(ports, [freed]);
  return ok({ is: freed ? 'released' : 'lost', name, token });
}

/** Gives back what a connection held that is over. */
export async function releaseLocksOf(
  ports: Pick<Ports, 'locks' | 'fanout' | 'clock'>,
  { space, connectionId }: Speaker,
): Promise<void> {
  await tellWaiters(ports, await ports.locks.releaseAll(space, connectionId));
}

/** All of them: one that is gone must not keep the others waiting. A notice that gets lost costs time, no more. */
async function tellWaiters({ fanout, clock }: Pick<Ports, 'fanout' | 'clock'>, freed: readonly FreedLock[]) {
  const posts = freed.flatMap(({ name, waiters }) => {
    const frame: LockFrame = { type: 'lock', id: '', timestamp: clock.now(), payload: { is: 'freed', name } };
    const frames = [JSON.stringify(frame)];
    return [...new Set(waiters.map(({ connectionId }) => connectionId))].map((connectionId) => ({
      connectionId,
      frames,
    }));
  });
  if (posts.length > 0) await fanout.post(posts);
}

const mayLock = ({ grants }: Identity, name: string): boolean => allows(grants, 'write', name); // I8

const noGrant = (name: string) => wireError('forbidden', `no grant to write ${name}`);
