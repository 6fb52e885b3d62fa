import type { CaughtUpPayload, Cursor, Delivery } from '@mnemon/protocol';

export type Held = { readonly cursor?: Cursor; readonly patterns: string[] };

/** Takes a replica along the log: what is pushed, what is asked for, and what is known to exist (I3, I4, I5). */
export interface LogFollower {
  /** Where the replica is; nothing before the first state is there. */
  readonly cursor: Cursor | undefined;
  /** Of the log, as heard last. */
  readonly epoch: string | undefined;
  /** Commits that exist, as far as heard, and aren't applied yet. */
  readonly headLag: number;
  /** Whether something is missing. */
  readonly isBehind: boolean;
  readonly reloads: number;
  /** How many events were applied so far, a state's entries not counted. */
  readonly events: number;
  /** Pushed commits: applied if it is their turn, else they wait. */
  receive(epoch: string, commits: readonly Delivery[]): void;
  /** Word of a commit that exists. */
  hear(head: Cursor): void;
  /** Word that of the topics that are held `newest` is the newest commit up to `head`. */
  hearBeat(head: Cursor, newest: Cursor): void;
  /** Word of one commit. */
  hearOf(epoch: string, commit: { partition: number; seq: number }): void;
  /** Whether the cursor moved since this was asked last. */
  hasMoved(): boolean;
  /** One page of an answer. `broken`: it doesn't follow what is here; nothing of it was kept. */
  takePage(page: CaughtUpPayload): 'more' | 'done' | 'broken';
  /** What to say on a new connection. */
  hello(): Held;
  /** Asks for the topics that are wanted and not held. */
  joinAsk(): Held;
  /** What to ask for next: the page that follows, else all that follows the cursor. */
  nextAsk(): { page: string; patterns: string[] } | Held;
  /** Whether what happens to `key` is kept. */
  follows(key: string): boolean;
  /** Gives up a half-done answer. `forget`: the server can't use the cursor, so the state is asked for. */
  restart(forget?: boolean): void;
}

/** What moved a replica: one commit, a whole state, or that of more topics; or merely word of the server that its epoch is the current one. */
export type Move = 'commit' | 'state' | 'joined' | 'confirmed';
