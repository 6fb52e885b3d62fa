import type { Ticket, Tickets } from '@mnemon/core';

/** Tickets, as long as this process lives. */
export function memoryTickets(): Tickets {
  const tickets = new Map<string, Ticket>();
  return {
    async put(ticket) {
      tickets.set(ticket.name, structuredClone(ticket));
    },
    async take(name, nowMs) {
      const ticket = tickets.get(name);
      tickets.delete(name);
      return ticket && ticket.expiresAtMs > nowMs ? ticket.identity : undefined;
    },
    async dropExpired(nowMs, limit) {
      const expired = [...tickets.values()].filter(({ expiresAtMs }) => expiresAtMs <= nowMs).slice(0, limit);
      for (const { name } of expired) tickets.delete(name);
      return expired.length;
    },
  };
}
