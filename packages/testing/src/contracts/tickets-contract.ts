import { randomUUID } from 'node:crypto';
import type { Ticket, Tickets } from '@mnemon/core';
import type { InstanceId, SpaceId } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';

const NOW_MS = Date.UTC(2026, 0, 1);

const ticketOf = (): Ticket => ({
  name: randomUUID(),
  identity: {
    space: 'team' as SpaceId,
    instanceId: 'ann' as InstanceId,
    userId: 'user "1"',
    grants: [{ pattern: 'tasks/**', access: 'write' }],
    tokenExpiresAtMs: NOW_MS + 3_600_000,
  },
  expiresAtMs: NOW_MS + 30_000,
});

/** What every store of tickets must keep. */
export function ticketsContract(name: string, makeTickets: () => Tickets): void {
  describe(`tickets: ${name}`, () => {
    test('one is taken once, with all that it says', async () => {
      const [tickets, ticket] = [makeTickets(), ticketOf()];
      await tickets.put(ticket);
      expect(await tickets.take(ticket.name, NOW_MS)).toEqual(ticket.identity);
      expect(await tickets.take(ticket.name, NOW_MS)).toBeUndefined();
    });

    test('of 16 who take it at once one gets it', async () => {
      const [tickets, ticket] = [makeTickets(), ticketOf()];
      await tickets.put(ticket);
      const taken = await Promise.all(Array.from({ length: 16 }, () => tickets.take(ticket.name, NOW_MS)));
      expect(taken.filter((identity) => identity !== undefined)).toHaveLength(1);
    });

    test('to the millisecond, one that has expired is taken by nobody', async () => {
      const tickets = makeTickets();
      const [valid, expired] = [ticketOf(), ticketOf()];
      await Promise.all([tickets.put(valid), tickets.put(expired)]);
      expect(await tickets.take(expired.name, expired.expiresAtMs)).toBeUndefined();
      expect(await tickets.take(valid.name, valid.expiresAtMs - 1)).toEqual(valid.identity);
    });

    test('those that have expired are dropped, a bounded number at a time, and no others', async () => {
      const tickets = makeTickets();
      const old = Array.from({ length: 30 }, () => ({ ...ticketOf(), expiresAtMs: NOW_MS }));
      const valid = { ...ticketOf(), expiresAtMs: NOW_MS + 1 };
      await Promise.all([...old, valid].map((ticket) => tickets.put(ticket)));
      while ((await tickets.dropExpired(NOW_MS - 1, 100)) > 0); // of other tests
      expect(await tickets.dropExpired(NOW_MS, 27)).toBe(27);
      expect(await tickets.dropExpired(NOW_MS, 27)).toBe(3);
      expect(await tickets.dropExpired(NOW_MS, 27)).toBe(0);
      expect(await tickets.take(valid.name, NOW_MS)).toEqual(valid.identity);
    });

    test('one that nobody has put is nobody’s', async () => {
      expect(await makeTickets().take(randomUUID(), NOW_MS)).toBeUndefined();
    });
  });
}
