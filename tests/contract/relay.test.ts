import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { lambdaRelay } from '@mnemon/adapters/lambda';
import { relayContract } from '@mnemon/testing/contracts/relay-contract';
import { expect } from 'vitest';

const TRACE = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=1';

// Lambda's own API, as far as an asynchronous invocation goes.
relayContract('Lambda', async () => {
  const parcels: unknown[] = [];
  let failure: 'refuse' | 'cut' | undefined;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const fate = failure;
    failure = undefined;
    if (fate === 'cut') return request.socket.destroy();
    if (fate === 'refuse') return response.writeHead(429).end('{"Type":"User","message":"Rate Exceeded."}');
    const { method, url, headers } = request;
    expect([method, url]).toEqual(['POST', '/2015-03-31/functions/mnemon-FanOut/invocations']);
    expect(headers['x-amz-invocation-type']).toBe('Event');
    expect(headers['x-amzn-trace-id']).toBe(TRACE);
    expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 .*\/eu-central-1\/lambda\/aws4_request/);
    parcels.push(JSON.parse(body));
    return response.writeHead(202).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const log = { error: () => {} };
  return {
    relay: lambdaRelay({
      functionName: 'mnemon-FanOut',
      region: 'eu-central-1',
      postsEach: 250,
      endpoint,
      traceHeader: () => TRACE,
      log,
    }),
    parcels,
    fail(how) {
      failure = how;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
});
