import type { Disconnected, ErrorCode } from '@mnemon/protocol';
import type { Caller } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import { releaseLocksOf } from './locks.ts';
import { writeWill } from './write-will.ts';

/**
 * Takes a connection that is over out of the books, gives back the locks that it held, and writes what its instance left to
 * be written then. Harmless when a newer one has taken its place.
 */
export async function forget(ports: Ports, caller: Caller): Promise<void> {
  const removed = await ports.connections.remove(caller);
  if (removed) await settleGone(ports, caller, ports.clock.now());
}

/**
 * What follows once a connection's row was taken out, by whoever took it out: that is one. When it dies here, locks end with
 * their leases and the instance stays marked as online, at the time when it was last heard of.
 */
export async function settleGone(ports: Ports, caller: Caller, lastSeenAtMs: number): Promise<void> {
  const { space, instanceId, userId } = caller;
  const [left] = await Promise.all([
    ports.nodes.leave(caller, lastSeenAtMs),
    releaseLocksOf(ports, caller),
    ports.bus.tell({ type: 'instance-gone', space, instanceId, userId, lastSeenAtMs }),
  ]);
  if (left?.presence?.will) await writeWill(ports, caller, left.presence.will);
}

/** Ends a connection from the server's side, telling it why. */
export async function dismiss(ports: Ports, caller: Caller, code: ErrorCode, message: string): Promise<void> {
  const goodbye: Disconnected = {
    type: 'disconnect',
    id: '',
    timestamp: ports.clock.now(),
    payload: { code, message },
  };
  await ports.fanout.post([{ connectionId: caller.connectionId, frames: [JSON.stringify(goodbye)] }]);
  await Promise.all([ports.fanout.close(caller.connectionId), forget(ports, caller)]);
}
