/** What to send to whom. Frames for one connection are sent in this order. */
export interface Post {
  connectionId: string;
  frames: readonly string[];
}

/** `failed`: slow, throttled or unreachable; the connection is there and catches up by itself. */
export type PostResult = 'delivered' | 'gone' | 'failed';

/** Sends frames to connections, all at once, at most a bounded number in flight. */
export interface Fanout {
  /** One result per post, in their order. Never throws for a recipient. */
  post(posts: readonly Post[]): Promise<readonly PostResult[]>;

  /** Ends a connection. Nothing happens when it is gone. */
  close(connectionId: string): Promise<void>;
}
