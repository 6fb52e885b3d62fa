import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { type Relay, Unavailable } from '@mnemon/core';
import { encodeUriSegment } from '../aws/encode-uri-segment.ts';
import { requestHandler } from '../aws/request-handler.ts';
import { requestSigner } from '../aws/request-signer.ts';

export interface LambdaRelayOptions {
  /** Of the function that takes parcels. */
  functionName: string;
  region: string;
  postsEach: number;
  /** Where Lambda answers, when it is not AWS's own. */
  endpoint?: string;
  /** Of the trace that the invocation belongs to. */
  traceHeader?: () => string | undefined;
  log?: Pick<Console, 'error'>;
}

/** To take an invocation over takes Lambda some 20 ms. */
const TIMEOUT_MS = 1_000;
/** Parcels of one commit go out side by side. */
const MAX_SOCKETS = 16;

/** Hands parcels to a function by asynchronous invocations, each one signed request on kept connections. */
export function lambdaRelay({
  functionName,
  region,
  postsEach,
  endpoint = `https://lambda.${region}.amazonaws.com`,
  traceHeader = () => undefined,
  log = console,
}: LambdaRelayOptions): Relay {
  const { protocol, hostname, port, host } = new URL(endpoint);
  const path = `/2015-03-31/functions/${encodeUriSegment(functionName)}/invocations`;
  const handler = requestHandler({ maxSockets: MAX_SOCKETS, timeoutMs: TIMEOUT_MS });
  // For its credentials alone: Lambda's own client would be 40 KB more of every function.
  const { config } = new ApiGatewayManagementApiClient({ region });
  const signer = requestSigner({ credentials: () => config.credentials(), region, service: 'lambda' });

  async function invoke(body: string): Promise<number> {
    const trace = traceHeader();
    const headers = {
      host,
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'x-amz-invocation-type': 'Event',
      ...(trace && { 'x-amzn-trace-id': trace }),
    };
    const request = { protocol, hostname, port, method: 'POST', path, headers, body };
    return (await handler.handle(await signer.sign(request))).response.statusCode;
  }

  return {
    postsEach,
    async hand(parcel) {
      const status = await invoke(JSON.stringify(parcel)).catch((cause) => {
        throw new Unavailable('lambda', { cause });
      });
      if (status === 202) return;
      // Once, and from here: whoever hands over posts by itself then.
      log.error(`Lambda answers ${status} for a parcel of ${parcel.posts.length} posts`);
      throw new Unavailable('lambda');
    },
  };
}
