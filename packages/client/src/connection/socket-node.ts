import { LIMITS, SUBPROTOCOL } from '@mnemon/protocol';
import { type ClientOptions, WebSocket } from 'ws';
import type { OpenSocket, SocketEnd } from './socket.ts';

/** How long a closing socket waits for the other side: a half-open connection would never answer. */
const CLOSE_TIMEOUT_MS = 1_000;
/** API Gateway closes the connection on a longer frame. */
const FRAME_BYTES = 32 * 1024;

/** Long messages go in several frames, so that only the protocol limits them. */
export const MAX_MESSAGE_BYTES = LIMITS.batchBytes;

/** Over `ws`: the token travels in a header, and a refused handshake shows its HTTP status. */
export const openSocket: OpenSocket = ({ url, token }, events) => {
  const options: ClientOptions & { closeTimeout: number } = {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
    closeTimeout: CLOSE_TIMEOUT_MS,
  };
  const socket = new WebSocket(url, [SUBPROTOCOL], options);
  let end: SocketEnd = {};
  socket.on('open', () => events.opened());
  socket.on('message', (data) => events.received(String(data)));
  socket.on('unexpected-response', (_request, response) => {
    end = { httpStatus: response.statusCode ?? 0 };
    response.resume();
    socket.terminate();
  });
  // Always followed by 'close'. After a refused handshake it merely says that the socket was given up.
  socket.on('error', (cause) => {
    end = end.httpStatus ? end : { cause };
  });
  const closed = new Promise<void>((resolve) => {
    socket.on('close', (closeCode) => {
      resolve();
      events.ended({ ...end, closeCode });
    });
  });
  return {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) sendInFrames(socket, text);
    },
    close() {
      socket.close();
      return closed;
    },
  };
};

/** One message, cut into frames where it is too long for one. */
function sendInFrames(socket: WebSocket, text: string): void {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += FRAME_BYTES) {
    const fin = from + FRAME_BYTES >= bytes.length;
    socket.send(bytes.subarray(from, from + FRAME_BYTES), { binary: false, fin });
  }
}
