import { type Identity, redeemTicket, type Tickets } from '@mnemon/core';
import { chooseTickets } from './choose-tickets.ts';
import { findHost } from './host.ts';
import { readAuthSettings } from './settings.ts';
import { tokenVerifier, type VerifyToken } from './token-verifier.ts';

/** All that the authorizer works with: it has nothing to do with the memory, and no credentials for it. */
export interface Authorizing {
  verify: VerifyToken;
  /** Whose ticket it is, once. */
  redeem(ticket: string, nowMs: number): Promise<Identity | undefined>;
}

export function composeAuthorizer(): Authorizing {
  const host = findHost();
  const settings = readAuthSettings(process.env, host !== undefined);
  let tickets: Promise<Tickets> | undefined;
  return {
    verify: tokenVerifier(settings),
    async redeem(ticket, nowMs) {
      tickets ??= chooseTickets(settings, host); // few come with a ticket
      return redeemTicket(await tickets, ticket, nowMs);
    },
  };
}
