import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface ProxyOptions {
  /** Every answer comes this much later: what a network between service and database adds to a round trip. */
  delayMs?: number;
  /** Hear what passes, per connection and in order. */
  watch?: () => { onRequest(data: Buffer): void; onAnswer(data: Buffer): void; onEnd(): void };
}

/** Passes TCP on. */
export async function startProxy(target: URL, { delayMs = 0, watch }: ProxyOptions) {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    const watcher = watch?.();
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        watcher?.onEnd();
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (data) => {
      watcher?.onRequest(data);
      far.write(data);
    });
    far.on('data', (data) => {
      watcher?.onAnswer(data);
      if (delayMs === 0) near.write(data);
      else setTimeout(() => near.destroyed || near.write(data), delayMs);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    /** The target's, by way of this proxy. */
    url,
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** `mongodb://` by way of a proxy: the driver must not ask the replica set for other addresses. */
export function direct(url: URL): string {
  url.searchParams.delete('replicaSet');
  url.searchParams.set('directConnection', 'true');
  return url.href;
}
