import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to the cloud that can be cut: what a train does to a laptop. */
export interface Tunnel {
  /** The cloud's address through the tunnel. */
  readonly url: string;
  /** Ends what goes through, and lets nothing through until `open`. */
  cut(): void;
  open(): void;
  close(): Promise<void>;
}

export async function openTunnel(url: string): Promise<Tunnel> {
  const { hostname: host, port, pathname } = new URL(url);
  const sockets = new Set<Socket>();
  let isOpen = true;
  const server = createServer((near) => {
    const far = isOpen ? connect(Number(port), host) : near.destroy();
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {}).on('close', () => to.destroy());
      if (isOpen) from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    isOpen = false;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    cut,
    open() {
      isOpen = true;
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
