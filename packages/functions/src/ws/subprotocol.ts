import { TOKEN_SUBPROTOCOL_PREFIX } from '@mnemon/protocol';

export type Headers = Record<string, string | undefined>;

/** A header by its name in any case. */
export function header(headers: Headers | undefined, name: string): string | undefined {
  const found = Object.keys(headers ?? {}).find((each) => each.toLowerCase() === name);
  return found === undefined ? undefined : headers?.[found];
}

export const requestedSubprotocols = (headers: Headers | undefined): string[] =>
  (header(headers, 'sec-websocket-protocol') ?? '').split(',').map((each) => each.trim());

/** Browsers cannot set headers on a WebSocket, so theirs carry the token as one of the subprotocols. */
export const tokenInSubprotocols = (headers: Headers | undefined): string | undefined =>
  requestedSubprotocols(headers)
    .find((each) => each.startsWith(TOKEN_SUBPROTOCOL_PREFIX))
    ?.slice(TOKEN_SUBPROTOCOL_PREFIX.length);
