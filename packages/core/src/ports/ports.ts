import type { Clock } from './clock.ts';
import type { Connections } from './connections.ts';
import type { EventBus } from './event-bus.ts';
import type { EventLog } from './event-log.ts';
import type { Fanout } from './fanout.ts';
import type { Inbox } from './inbox.ts';
import type { Nodes } from './nodes.ts';
import type { RandomId } from './random-ids.ts';

/** All that use-cases reach the world through. */
export interface Ports {
  log: EventLog;
  inbox: Inbox;
  connections: Connections;
  nodes: Nodes;
  fanout: Fanout;
  bus: EventBus;
  clock: Clock;
  randomId: RandomId;
}
