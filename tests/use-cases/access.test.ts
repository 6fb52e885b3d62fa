import { memoryRateLimits, memoryTickets } from '@mnemon/adapters/memory';
import { admit, type Identity, issueTicket, type RateLimits, redeemTicket, Unavailable } from '@mnemon/core';
import type { InstanceId } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { EVERYTHING, makeWorld, SPACE } from './world.ts';

describe('a ticket', () => {
  const setUp = (tokenMs = 3_600_000) => {
    const world = makeWorld();
    const tickets = memoryTickets();
    const identity: Identity = {
      space: SPACE,
      instanceId: 'ann' as InstanceId,
      userId: 'user',
      grants: EVERYTHING,
      tokenExpiresAtMs: world.now() + tokenMs,
    };
    return { world, tickets, issue: () => issueTicket({ tickets, ...world.ports }, identity), identity };
  };

  test('stands once, for 30 seconds, for whoever asked for it', async () => {
    const { world, tickets, issue, identity } = setUp();
    const { ticket, expiresAtMs } = await issue();
    expect(expiresAtMs).toBe(world.now() + 30_000);
    expect(await redeemTicket(tickets, ticket, expiresAtMs - 1)).toEqual(identity);
    expect(await redeemTicket(tickets, ticket, expiresAtMs - 1)).toBeUndefined();
    const late = await issue();
    expect(await redeemTicket(tickets, late.ticket, late.expiresAtMs)).toBeUndefined();
  });

  test('does not outlive the token (I8)', async () => {
    const { world, issue } = setUp(5_000);
    expect((await issue()).expiresAtMs).toBe(world.now() + 5_000);
  });

  test('is not what the store keeps', async () => {
    const { tickets, issue } = setUp();
    const kept: string[] = [];
    const { put } = tickets;
    tickets.put = async (each) => {
      kept.push(JSON.stringify(each));
      await put(each);
    };
    const { ticket } = await issue();
    expect(kept.join()).not.toContain(ticket);
  });
});

describe('a rate limit', () => {
  const rule = { name: 'a', limit: 2, windowMs: 1_000, whenDown: 'open' as const };

  test('lets as many pass, and tells the others when to come again', async () => {
    let nowMs = 0;
    const limits = memoryRateLimits({ now: () => nowMs });
    expect([await admit(limits, rule), await admit(limits, rule)]).toEqual([undefined, undefined]);
    nowMs = 400;
    expect(await admit(limits, rule)).toMatchObject({
      code: 'rate-limited',
      retryable: true,
      retryAfterMs: 600,
    });
    nowMs = 1_000;
    expect(await admit(limits, rule)).toBeUndefined();
  });

  test('that cannot be counted lets everybody pass or nobody, as is chosen', async () => {
    const down: RateLimits = { count: () => Promise.reject(new Unavailable('redis')) };
    expect(await admit(down, rule)).toBeUndefined();
    expect(await admit(down, { ...rule, whenDown: 'closed' })).toMatchObject({ code: 'unavailable' });
  });
});
