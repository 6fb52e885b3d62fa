import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export interface SeveredProxy {
  /** Where to connect instead of the database. */
  url: string;
  /** Cuts the connection that carries the next message with `word` in it, before or after it was carried out. */
  cutAt(word: string, when: 'before' | 'after', andThen?: () => void): void;
  /** Ends all connections, and those to come. */
  down(): void;
  up(): void;
  close(): Promise<void>;
}

/** Stands between a client and its database and loses what a network can lose. */
export async function severedProxy(target: { host: string; port: number }): Promise<SeveredProxy> {
  const sockets = new Set<Socket>();
  let cut: { word: string; when: 'before' | 'after'; andThen: () => void } | undefined;
  let isDown = false;

  const server = createServer((client) => {
    if (isDown) {
      client.destroy();
      return;
    }
    const upstream = connect(target);
    let isMuted = false;
    let onCut = () => {};
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (cut && chunk.includes(cut.word)) {
        const { when, andThen } = cut;
        cut = undefined;
        onCut = () => {
          client.destroy();
          andThen();
        };
        if (when === 'before') return onCut();
        isMuted = true;
      }
      upstream.write(chunk);
    });
    // The answer says that it was carried out; nobody hears it.
    upstream.on('data', (chunk) => (isMuted ? onCut() : client.write(chunk)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const down = () => {
    isDown = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `mongodb://127.0.0.1:${port}/?directConnection=true`,
    cutAt: (word, when, andThen = () => {}) => {
      cut = { word, when, andThen };
    },
    down,
    up: () => {
      isDown = false;
    },
    close: () => {
      down();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
