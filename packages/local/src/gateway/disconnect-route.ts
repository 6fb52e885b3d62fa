import { withinTime } from '../time-limit.ts';
import type { GatewayFaults } from './gateway-faults.ts';
import { type ConnectionFacts, disconnectEvent, type WebsocketEvent } from './websocket-events.ts';

export interface DisconnectRouteOptions {
  invoke: (event: WebsocketEvent) => Promise<unknown>;
  faults: GatewayFaults;
  integrationTimeoutMs: number;
}

/** `$disconnect` is best effort: invoked once, perhaps never, and nobody hears of it when it fails. */
export function disconnectRoute({ invoke, faults, integrationTimeoutMs }: DisconnectRouteOptions) {
  const running = new Set<Promise<unknown>>();
  return {
    run(facts: ConnectionFacts, code: number, reason: string): void {
      if (dropsDisconnect(faults, facts.connectionId)) return;
      const run = withinTime(integrationTimeoutMs, invoke(disconnectEvent(facts, code, reason)))
        .catch(() => {})
        .finally(() => running.delete(run));
      running.add(run);
    },
    settled: () => Promise.all(running),
  };
}

function dropsDisconnect({ dropDisconnect }: GatewayFaults, connectionId: string): boolean {
  return typeof dropDisconnect === 'function' ? dropDisconnect(connectionId) : dropDisconnect === true;
}
