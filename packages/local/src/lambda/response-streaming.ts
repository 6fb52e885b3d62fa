import { Writable } from 'node:stream';

/** Marks a handler that writes its answer piece by piece. */
const STREAMING = Symbol('mnemon.streaming');

/** What the Lambda runtime passes to such a handler. */
export type StreamingHandler = (event: unknown, stream: Writable, context: object) => Promise<unknown>;

interface Metadata {
  statusCode: number;
  headers?: Record<string, string>;
  cookies?: string[];
}

/** Between the metadata of an HTTP answer and its body. */
export const PRELUDE_END = Buffer.alloc(8);

/** The global that Lambda's Node runtime offers to handlers. */
export const awslambda = {
  streamifyResponse: (handler: StreamingHandler) => Object.assign(handler, { [STREAMING]: true }),
  HttpResponseStream: {
    from(stream: Writable, metadata: Metadata): Writable {
      stream.write(JSON.stringify(metadata));
      stream.write(PRELUDE_END);
      return stream;
    },
  },
};

export const isStreaming = (handler: unknown): handler is StreamingHandler =>
  Boolean((handler as { [STREAMING]?: boolean })[STREAMING]);

/** A stream that hands on each piece at once; `finished` resolves when the handler has ended it. */
export function responseStream(send: (chunk: Uint8Array) => void) {
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      send(new Uint8Array(chunk));
      done();
    },
  });
  const finished = new Promise<void>((resolve, reject) =>
    stream.once('finish', resolve).once('error', reject),
  );
  return { stream, finished };
}
