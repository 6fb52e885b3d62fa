import { once } from 'node:events';
import { type ClientFrame, PROTOCOL_VERSION, parseServerFrame, type ServerFrame } from '@mnemon/protocol';
import { WebSocket } from 'ws';

type Frame<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>;
type Request = ClientFrame extends infer Each
  ? Each extends ClientFrame
    ? Pick<Each, 'type' | 'payload'>
    : never
  : never;

/** A WebSocket that speaks frames and nothing else: no retries, no catching up. */
export interface RawClient {
  socket: WebSocket;
  /** All frames received so far, in order. */
  frames: ServerFrame[];
  /** Sends any text, in frames as long as API Gateway takes them. */
  sendText(text: string): void;
  /** Sends a frame under a new id, or the given one, and answers that id. */
  send(request: Request, id?: string): string;
  /** The first frame, received or to come, that is of `type` and passes `test`. */
  next<Type extends ServerFrame['type']>(
    type: Type,
    test?: (frame: Frame<Type>) => boolean,
  ): Promise<Frame<Type>>;
  /** Sends a frame and waits for the frame of `type` that answers it. */
  ask<Type extends ServerFrame['type']>(request: Request, type: Type): Promise<Frame<Type>>;
  closed: Promise<{ code: number; reason: string }>;
}

export interface RawOptions {
  url: string;
  token: string;
  instanceId: string;
}

/** Opens a socket without saying `connect`. */
export async function openRaw({ url, token, instanceId }: RawOptions): Promise<RawClient> {
  const headers = { authorization: `Bearer ${token}` };
  const socket = new WebSocket(`${url}?instance=${encodeURIComponent(instanceId)}`, ['mnemon'], { headers });
  const frames: ServerFrame[] = [];
  const listeners = new Set<() => void>();
  socket.on('message', (data) => {
    const parsed = parseServerFrame(String(data));
    if (!parsed.ok) return; // the gateway's own `{ message: 'Internal server error' }`
    frames.push(parsed.frame);
    for (const listener of [...listeners]) listener();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await once(socket, 'open');

  let requests = 0;
  function send(request: Request, id = `${instanceId}-${++requests}`): string {
    sendText(socket, JSON.stringify({ ...request, id, timestamp: Date.now() }));
    return id;
  }

  const next: RawClient['next'] = (type, test = () => true) =>
    new Promise((resolve, reject) => {
      const check = () => {
        const found = frames.find((frame) => frame.type === type && test(frame as never));
        if (!found) return;
        listeners.delete(check);
        resolve(found as never);
      };
      listeners.add(check);
      closed.then(() => reject(new Error(`the connection closed before a ${type} frame came`)), reject);
      check();
    });

  return {
    socket,
    frames,
    sendText: (text) => sendText(socket, text),
    send,
    next,
    ask(request, type) {
      const id = send(request);
      return next(type, (frame) => frame.id === id);
    },
    closed,
  };
}

const FRAME_BYTES = 32 * 1024;

function sendText(socket: WebSocket, text: string): void {
  const bytes = Buffer.from(text);
  for (let from = 0; from === 0 || from < bytes.length; from += FRAME_BYTES) {
    const fin = from + FRAME_BYTES >= bytes.length;
    socket.send(bytes.subarray(from, from + FRAME_BYTES), { binary: false, fin });
  }
}

/** Opens a socket and says `connect`, subscribed to everything. */
export async function connectRaw(options: RawOptions): Promise<RawClient> {
  const client = await openRaw(options);
  await client.ask(
    { type: 'connect', payload: { protocolVersion: PROTOCOL_VERSION, subscriptions: ['**'] } },
    'connected',
  );
  return client;
}
