import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers every command once asked, as long as it is there. */
export async function startBus(): Promise<{ url: string; die: () => Promise<unknown> }> {
  const server = createServer((_, response) => response.end('{"result":"PONG"}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const die = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, die };
}
