import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

/** What a message costs when nothing is stored, checked or ordered: the floor of everything else. */
export async function startRelay(readers = 1) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (from) => {
    from.on('message', (data, isBinary) => {
      for (const to of server.clients) if (to !== from) to.send(data, { binary: isBinary });
    });
  });
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const open = async () => {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return socket;
  };
  const writer = await open();
  const all = await Promise.all(Array.from({ length: readers }, open));
  return {
    /** Resolves when every reader has the message. */
    async roundTrip(message: string): Promise<void> {
      const arrived = Promise.all(all.map((reader) => once(reader, 'message')));
      writer.send(message);
      await arrived;
    },
    async close(): Promise<void> {
      for (const socket of [writer, ...all]) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
