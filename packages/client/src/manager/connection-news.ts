import type { Mnemon } from '../mnemon.ts';
import type { Status } from '../status.ts';
import type { Tell } from './events.ts';

/**
 * Tells of reconnects, reloads and back-pressure. It looks at snapshots, of which some may be skipped, so it goes by what they
 * count and not by the states between.
 */
export function tellConnectionNews(memory: Pick<Mnemon, 'status' | 'onStatus'>, tell: Tell): void {
  let before: Status = memory.status;
  let isAway = false;

  memory.onStatus((status) => {
    const hasReturned = status.reconnects > before.reconnects;
    const isWaiting = status.state === 'waiting' && wasConnected(before);
    if (!isAway && (hasReturned || isWaiting)) tell('reconnecting');
    isAway = isWaiting || (isAway && !hasReturned);
    if (hasReturned) tell('reconnected', { reconnects: status.reconnects });
    if (status.reloads > before.reloads) tell('reloaded', { reloads: status.reloads });
    if (status.isFull && !before.isFull) tell('back-pressure', { pendingWrites: status.pendingOps });
    before = status;
  });
}

const CONNECTED: ReadonlySet<string> = new Set(['catching-up', 'live', 'gapped']);
const wasConnected = ({ state }: Status): boolean => CONNECTED.has(state);
