import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be lost in parts. */
export interface WeakLink {
  /** As `url`, by this way. */
  readonly url: string;
  /** What the server says arrives no more; what it is told does. */
  mute(): void;
  /** Ends all connections, and those to come. */
  down(): void;
  /** As if nothing had happened. */
  mend(): void;
  close(): Promise<void>;
}

export async function openWeakLink(url: string): Promise<WeakLink> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let state: 'fine' | 'muted' | 'down' = 'fine';

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    if (state === 'down') client.destroy();
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => state === 'fine' && client.write(chunk));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const here = new URL(url);
  here.port = String((server.address() as AddressInfo).port);

  const down = () => {
    state = 'down';
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: here.href,
    mute: () => {
      state = 'muted';
    },
    down,
    mend: () => {
      state = 'fine';
    },
    async close() {
      down();
      server.close();
      await once(server, 'close');
    },
  };
}
