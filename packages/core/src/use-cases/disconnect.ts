import type { Disconnected, ErrorCode } from '@mnemon/protocol';
import type { Caller, Speaker } from '../domain/caller.ts';
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
 * What follows once a connection's row is gone. May be done again, and by several at once. The instance is noted as offline
 * last: where that is not reached, `settleSilent` does all of it again.
 */
export async function settleGone(ports: Ports, speaker: Speaker, lastSeenAtMs: number): Promise<void> {
  const { space, instanceId, userId } = speaker;
  const [, isWritten] = await Promise.all([releaseLocksOf(ports, speaker), writeWill(ports, speaker)]);
  const left = isWritten && (await ports.nodes.leave(speaker, lastSeenAtMs));
  if (left) await ports.bus.tell({ type: 'instance-gone', space, instanceId, userId, lastSeenAtMs });
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
