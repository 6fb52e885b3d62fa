type MaybePromise<T> = T | Promise<T>;

/** What becomes of one incoming message. A hook that returns a promise holds the message until it resolves. */
export interface MessageFate {
  /** How often it is invoked: 0 loses it, 2 repeats it. Default 1. */
  copies?: number;
  delayMs?: number;
}

/** `drop` answers 200 and delivers nothing; `gone` answers 410 and `limit` 429. */
export type PostFate = 'deliver' | 'drop' | 'gone' | 'limit';

/** Switches for what a real gateway does now and then. Mutable: read at the moment of each event. */
export interface GatewayFaults {
  dropDisconnect?: boolean | ((connectionId: string) => boolean);
  onMessage?: (body: string, connectionId: string) => MaybePromise<MessageFate | undefined>;
  onPost?: (connectionId: string, body: string) => MaybePromise<PostFate | undefined>;
}
