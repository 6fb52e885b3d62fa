/** The WebSocket subprotocol that both sides speak. API Gateway wants one of the requested ones back. */
export const SUBPROTOCOL = 'mnemon';

/** Begins a second one, which carries the token of a browser: it can set no headers on a WebSocket. */
export const TOKEN_SUBPROTOCOL_PREFIX = `${SUBPROTOCOL}.token.`;
