// A gateway whose integration is a plain function, and real WebSocket clients, for the tests of its parts.

import { vi } from 'vitest';
import { WebSocket } from 'ws';
import { type Gateway, type GatewayOptions, startGateway, type WebsocketEvent } from './gateway.ts';

export interface TestGateway extends Gateway {
  /** Every event that reached the integration. */
  events: WebsocketEvent[];
  eventOf(eventType: string): WebsocketEvent;
  client(options?: ClientOptions): TestClient;
}

interface ClientOptions {
  path?: string;
  protocols?: string[];
  headers?: Record<string, string>;
}

export interface TestClient {
  socket: WebSocket;
  /** Rejects with the HTTP status when the upgrade is refused. */
  opened: Promise<void>;
  closed: Promise<{ code: number; reason: string }>;
  nextFrame(): Promise<string>;
}

/** Waits for a condition, patiently: a busy machine is no failure. */
export const until = <Value>(condition: () => Value) => vi.waitFor(condition, 10_000);

type Respond = (event: WebsocketEvent, gateway: () => Gateway) => unknown;

export async function startTestGateway(
  options: Omit<Partial<GatewayOptions>, 'invoke'> = {},
  respond: Respond = () => ({ statusCode: 200 }),
): Promise<TestGateway> {
  const events: WebsocketEvent[] = [];
  const gateway: Gateway = await startGateway({
    credentials: { accessKeyId: 'local' },
    ...options,
    async invoke(event) {
      events.push(event);
      return respond(event, () => gateway);
    },
  });
  return {
    ...gateway,
    events,
    client: (clientOptions = {}) => connect(gateway.url, clientOptions),
    eventOf(eventType) {
      const event = events.find(({ requestContext }) => requestContext.eventType === eventType);
      if (!event) throw new Error(`No ${eventType} event yet`);
      return event;
    },
  };
}

function connect(url: string, { path = '', protocols = [], headers = {} }: ClientOptions): TestClient {
  const socket = new WebSocket(url + path, protocols, { headers });
  const frames: string[] = [];
  const waiting: ((frame: string) => void)[] = [];
  socket.on('message', (data) => {
    const next = waiting.shift();
    if (next) next(String(data));
    else frames.push(String(data));
  });
  const opened = new Promise<void>((resolve, reject) => {
    socket.on('open', () => resolve());
    socket.on('error', reject);
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      reject(new Error(`HTTP ${response.statusCode}`));
    });
  });
  opened.catch(() => {}); // a test that expects no opening looks at `closed` instead
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  const nextFrame = async () => frames.shift() ?? new Promise<string>((resolve) => waiting.push(resolve));
  return { socket, opened, closed, nextFrame };
}
