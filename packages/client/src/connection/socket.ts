/** Where to connect, and as whom. */
export interface SocketRequest {
  readonly url: string;
  /** Left out where the URL carries a ticket. */
  readonly token?: string;
}

/** How a socket ended, or why it never opened. */
export interface SocketEnd {
  /** The HTTP status that refused the handshake, where the platform shows it (browsers don't). */
  readonly httpStatus?: number;
  /** The WebSocket close code, where the socket was open. */
  readonly closeCode?: number;
  readonly cause?: unknown;
}

/** What a socket reports. `ended` comes exactly once and last, also when the socket never opened. */
interface SocketEvents {
  opened(): void;
  received(text: string): void;
  ended(end: SocketEnd): void;
}

/** A message channel. Frames may be lost without notice: the layer above detects it. */
export interface Socket {
  /** Never throws; what is sent on a socket that isn't open is lost. */
  send(text: string): void;
  /** Closes, waiting a bounded time for the other side's consent. Resolves when nothing of it is left. */
  close(): Promise<void>;
}

/** Starts opening at once; reports asynchronously. */
export type OpenSocket = (request: SocketRequest, events: SocketEvents) => Socket;

/** The close code of whoever was sent more than it takes. */
export const TOO_LARGE = 1009;
