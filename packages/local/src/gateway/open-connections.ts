import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { frameSizes } from './frame-sizes.ts';
import type { GatewayLimits } from './gateway-limits.ts';
import type { ConnectionFacts } from './websocket-events.ts';

export interface OpenConnection {
  readonly facts: ConnectionFacts;
  /** False as soon as either side began to close. */
  isOpen(): boolean;
  lastActiveAt(): number;
  /** A text frame, or nothing if the reader is too slow to take more. */
  send(text: string): 'sent' | 'slow';
  /** Closes from the gateway's side. */
  end(code: number, reason: string): void;
  /** Drops the TCP connection, as a lost network does. */
  cut(): void;
}

export interface ConnectionListener {
  onText(connection: OpenConnection, text: string): void;
  onClosed(facts: ConnectionFacts, code: number, reason: string): void;
}

interface Closing {
  code: number;
  reason: string;
}

/** Watches one accepted WebSocket: its activity, its life time, and who ended it. */
export function openConnection(
  webSocket: WebSocket,
  socket: Duplex,
  facts: ConnectionFacts,
  limits: GatewayLimits,
  listener: ConnectionListener,
): OpenConnection {
  let lastActiveAt = Date.now();
  let byGateway: Closing | undefined;

  const connection: OpenConnection = {
    facts,
    isOpen: () => webSocket.readyState === webSocket.OPEN,
    lastActiveAt: () => lastActiveAt,
    send(text) {
      if (webSocket.bufferedAmount > limits.bufferedBytes) return 'slow';
      lastActiveAt = Date.now();
      webSocket.send(text);
      return 'sent';
    },
    end(code, reason) {
      byGateway ??= { code, reason };
      webSocket.close(code, reason);
    },
    cut: () => webSocket.terminate(),
  };
  const stopTimers = limitTime(connection, limits);

  const checkFrame = (sizeBytes: number) => {
    if (sizeBytes > limits.frameBytes) connection.end(1009, 'Frame too long');
  };
  // Before the listener of ws, such that no message is delivered whose frame was too long.
  socket.prependListener('data', frameSizes(checkFrame));
  webSocket.on('message', (data, isBinary) => {
    if (byGateway) return;
    lastActiveAt = Date.now();
    if (isBinary) connection.end(1003, 'Binary frames are not supported');
    else listener.onText(connection, data.toString());
  });
  webSocket.on('error', (error: Error & { code?: string }) => {
    // ws has closed with 1009 by itself; note it as ours, because the peer may never echo the code.
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') connection.end(1009, 'Message too long');
  });
  webSocket.on('close', (code, reason) => {
    stopTimers();
    const closing = byGateway ?? byClient(code, String(reason));
    listener.onClosed(facts, closing.code, closing.reason);
  });
  return connection;
}

function byClient(code: number, reason: string): Closing {
  return { code, reason: code === 1005 ? 'Client-side close frame status not set' : reason };
}

/** The idle time-out and the longest life. Returns what stops both clocks. */
function limitTime(connection: OpenConnection, { idleMs, connectionLifeMs }: GatewayLimits): () => void {
  const goAway = () => connection.end(1001, 'Going away');
  const lifeTimer = setTimeout(goAway, connectionLifeMs);
  // One timer that looks again when the time would be up, rather than a new one for each message.
  const checkIdle = () => {
    const leftMs = connection.lastActiveAt() + idleMs - Date.now();
    if (leftMs <= 0) goAway();
    else idleTimer = setTimeout(checkIdle, leftMs);
  };
  let idleTimer = setTimeout(checkIdle, idleMs);
  return () => {
    clearTimeout(lifeTimer);
    clearTimeout(idleTimer);
  };
}
