import type { Identity } from '../domain/caller.ts';

/** What somebody may show once instead of a token. */
export interface Ticket {
  /** Not what is shown, but its hash: who reads the store cannot connect with what is there. */
  name: string;
  identity: Identity;
  expiresAtMs: number;
}

/** Tickets that nobody has shown yet. */
export interface Tickets {
  put(ticket: Ticket): Promise<void>;

  /** Whose ticket it is, once: of several who take it at the same moment one gets it. None that has expired is given. */
  take(name: string, nowMs: number): Promise<Identity | undefined>;

  /** Takes out at most `limit` that have expired; answers how many. */
  dropExpired(nowMs: number, limit: number): Promise<number>;
}
