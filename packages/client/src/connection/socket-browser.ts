import { SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from '@mnemon/protocol';
import type { OpenSocket } from './socket.ts';

/** What API Gateway takes in one frame: browsers can't cut a message into several. */
export const MAX_MESSAGE_BYTES = 32 * 1024;

/** Over the platform's WebSocket, which can't set headers: the token travels as a subprotocol. */
export const openSocket: OpenSocket = ({ url, token }, events) => {
  const shown = token === undefined ? [] : [`${TOKEN_SUBPROTOCOL_PREFIX}${token}`];
  const socket = new WebSocket(url, [SUBPROTOCOL, ...shown]);
  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }) => events.received(String(data));
  socket.onclose = ({ code, reason }) => events.ended({ closeCode: code, cause: { code, reason } });
  return {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    // The browser itself finishes the closing handshake, also after the page is gone.
    async close() {
      socket.close();
    },
  };
};
