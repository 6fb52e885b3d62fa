import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { FanoutRecipient } from '@mnemon/testing/contracts/fanout-contract';
import { vi } from 'vitest';
import { WebSocket } from 'ws';
import type { WebsocketEvent } from '../../packages/local/src/gateway/gateway.ts';

/** WebSocket clients of a gateway that find out under which connection id they are known there. */
export function gatewayRecipients() {
  /** By the name that a client brings along. */
  const connectionIds = new Map<string, string>();
  const left = new Set<string>();

  /** The gateway's integration. */
  async function invoke({ requestContext, queryStringParameters }: WebsocketEvent): Promise<unknown> {
    const { eventType, connectionId } = requestContext;
    if (eventType === 'CONNECT') connectionIds.set(queryStringParameters?.name ?? '', connectionId);
    if (eventType === 'DISCONNECT') left.add(connectionId);
    return { statusCode: 200 };
  }

  async function join(url: string): Promise<FanoutRecipient> {
    const name = randomUUID();
    const socket = new WebSocket(`${url}?name=${name}`);
    const frames: string[] = [];
    socket.on('message', (data) => frames.push(String(data)));
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    await once(socket, 'open');
    const connectionId = connectionIds.get(name) ?? '';
    async function leave(): Promise<void> {
      socket.close();
      await vi.waitUntil(() => left.has(connectionId), { timeout: 10_000 });
    }
    return { connectionId, frames, closed, leave };
  }

  return { invoke, join };
}
