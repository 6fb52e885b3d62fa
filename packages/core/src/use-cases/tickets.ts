import type { Identity } from '../domain/caller.ts';
import { hashOf } from '../domain/commit.ts';
import type { Ports } from '../ports/ports.ts';
import type { Tickets } from '../ports/tickets.ts';

/** From asking for a ticket to connecting with it takes a browser a second. */
const TICKET_MS = 30_000;

export interface IssuedTicket {
  ticket: string;
  expiresAtMs: number;
}

/** A ticket for one connection with the rights of `identity`: it may stand in a URL, where a token should not. */
export async function issueTicket(
  { tickets, clock, randomId }: { tickets: Tickets } & Pick<Ports, 'clock' | 'randomId'>,
  identity: Identity,
): Promise<IssuedTicket> {
  const ticket = randomId();
  const expiresAtMs = Math.min(clock.now() + TICKET_MS, identity.tokenExpiresAtMs); // I8
  await tickets.put({ name: hashOf(ticket), identity, expiresAtMs });
  return { ticket, expiresAtMs };
}

/** Whose ticket it was, or `undefined` when it was shown before, has expired, or is none. */
export const redeemTicket = (
  tickets: Tickets,
  ticket: string,
  nowMs: number,
): Promise<Identity | undefined> => tickets.take(hashOf(ticket), nowMs);
