import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { GatewayLimits } from './gateway-limits.ts';

export interface Upgrades {
  /** Answers an upgrade request with 101. Undefined when its client is gone already. */
  complete(upgrade: Upgrade): WebSocket | undefined;
  /** Waits for the closing handshakes, then ends whoever did not answer in time. */
  close(graceMs: number): Promise<void>;
}

export interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  /** The subprotocol that was agreed on, whether or not it was offered. */
  protocol: string | undefined;
}

export function webSocketUpgrades({ messageBytes }: GatewayLimits): Upgrades {
  // ws decides on the subprotocol in a callback that is called, synchronously, with the request only.
  const protocols = new WeakMap<IncomingMessage, string>();
  const options = {
    noServer: true,
    maxPayload: messageBytes,
    closeTimeout: 2000,
    handleProtocols: (_offered: Set<string>, request: IncomingMessage) => protocols.get(request) ?? false,
  };
  const server = new WebSocketServer(options);

  return {
    complete({ request, socket, head, protocol }) {
      if (protocol !== undefined) protocols.set(request, protocol);
      let completed: WebSocket | undefined;
      server.handleUpgrade(request, socket, head, (webSocket) => {
        completed = webSocket;
      });
      return completed;
    },
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const timer = setTimeout(() => {
        for (const client of server.clients) client.terminate();
      }, graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}
