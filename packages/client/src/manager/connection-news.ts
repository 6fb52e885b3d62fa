import type { Mnemon } from '../mnemon.ts';
import type { Status } from '../status.ts';
import type { Tell } from './events.ts';

/**
 * Tells of reconnects, reloads and back-pressure. It looks at snapshots, of which some may be skipped, so it goes by what
 * they count and not by the states between.
 */
export function tellConnectionNews(
  memory: Pick<Mnemon, 'status' | 'onStatus'>,
  tell: Tell,
  { returned, closed }: { returned(): void; closed(): void },
): void {
  let before: Status = memory.status;
  let isAway = false;

  memory.onStatus((status) => {
    const hasReturned = status.reconnects > before.reconnects;
    const hasLeft = CONNECTED.has(before.state) && !CONNECTED.has(status.state) && status.state !== 'closed';
    if (!isAway && (hasReturned || hasLeft)) tell('reconnecting');
    isAway = hasLeft || (isAway && !hasReturned);
    if (hasReturned) {
      returned();
      tell('reconnected', { reconnects: status.reconnects });
    }
    if (status.reloads > before.reloads) tell('reloaded', { reloads: status.reloads });
    if (status.isFull && !before.isFull) tell('back-pressure', { pendingWrites: status.pendingOps });
    if (status.state === 'closed' && before.state !== 'closed') closed();
    before = status;
  });
}

const CONNECTED: ReadonlySet<string> = new Set(['catching-up', 'live', 'gapped']);
