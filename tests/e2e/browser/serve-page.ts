import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web page that runs `script`, from an origin of its own on loopback. */
export interface ServedPage {
  readonly url: string;
  close(): Promise<void>;
}

const HTML = '<!doctype html><title>Mnemon</title><script type="module" src="/page.js"></script>';

export async function servePage(script: string): Promise<ServedPage> {
  const files: Record<string, readonly [type: string, body: string]> = {
    '/': ['text/html', HTML],
    '/page.js': ['text/javascript', script],
  };
  const server = createServer(({ url = '/' }, response) => {
    const [type, body] = files[url] ?? ['text/plain', ''];
    response.writeHead(files[url] ? 200 : 404, { 'content-type': `${type}; charset=utf-8` }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
