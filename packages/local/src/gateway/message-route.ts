import { setTimeout as delay } from 'node:timers/promises';
import { withinTime } from '../time-limit.ts';
import type { GatewayFaults } from './gateway-faults.ts';
import type { OpenConnection } from './open-connections.ts';
import { messageEvent, type WebsocketEvent } from './websocket-events.ts';

export interface MessageRouteOptions {
  invoke: (event: WebsocketEvent) => Promise<unknown>;
  faults: GatewayFaults;
  integrationTimeoutMs: number;
  /** Aborted when the gateway closes: what is still held back is forgotten. */
  closing: AbortSignal;
}

/**
 * Invokes the integration for each message, at once and on its own. Nothing here waits for the message before:
 * two frames of one connection may be handled in either order, as in AWS.
 */
export function messageRoute(options: MessageRouteOptions) {
  const { invoke, faults, integrationTimeoutMs, closing } = options;

  async function route(connection: OpenConnection, body: string): Promise<void> {
    const event = messageEvent(connection.facts, body);
    const { copies = 1, delayMs } = (await faults.onMessage?.(body, connection.facts.connectionId)) ?? {};
    if (delayMs !== undefined) await delay(delayMs, undefined, { signal: closing });
    if (closing.aborted) return;
    await Promise.all(Array.from({ length: copies }, () => invokeOnce(connection, event)));
  }

  async function invokeOnce(connection: OpenConnection, event: WebsocketEvent): Promise<void> {
    try {
      const result = await withinTime(integrationTimeoutMs, invoke(event));
      if (isIntegrationResponse(result)) return;
    } catch {
      // Why it failed is the integration's to log. The client learns only that it did, and stays connected.
    }
    const { connectionId, requestId } = event.requestContext;
    if (connection.isOpen())
      connection.send(JSON.stringify({ message: 'Internal server error', connectionId, requestId }));
  }

  return (connection: OpenConnection, body: string): void => {
    route(connection, body).catch((error: unknown) => {
      if (!closing.aborted) throw error; // a fault hook that throws is a mistake in the test; don't hide it
    });
  };
}

/** A proxy integration has to answer with a status code, even though nothing of the answer is sent on. */
const isIntegrationResponse = (result: unknown) =>
  typeof (Object(result) as { statusCode?: unknown }).statusCode === 'number';
