import { type Identity, writeAndWait } from '@mnemon/core';
import type { InstanceId } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { truth } from './held-state.ts';
import { alwaysLeased } from './stopped-ports.ts';
import {
  AT,
  acksTo,
  batchOf,
  deliveriesTo,
  EVERYTHING,
  join,
  makeWorld,
  put,
  SPACE,
  type World,
} from './world.ts';

const identityIn = (world: World, more: Partial<Identity> = {}): Identity => ({
  space: SPACE,
  instanceId: 'ann' as InstanceId,
  userId: 'user of ann',
  grants: EVERYTHING,
  tokenExpiresAtMs: world.now() + 3_600_000,
  ...more,
});

/** Lets the world's time pass instead of its own. */
const passing =
  (world: World, during: () => Promise<unknown> = async () => {}) =>
  async (ms: number) => {
    world.pass(ms);
    await during();
  };

/** Somebody has the lease of an open space, for so long. */
async function leaseTo(world: World, leaseMs: number): Promise<void> {
  await world.ports.log.open(SPACE, 'epoch');
  await world.ports.inbox.acquireLease(AT, 'somebody', leaseMs);
}

describe('a batch of a writer without a connection', () => {
  test('is answered when it is durable, and posted to everybody else', async () => {
    const world = makeWorld();
    const bob = await join(world, 'bob');
    const batch = batchOf(put(world, 'a', 1));
    const answered = await writeAndWait(world.ports, passing(world), identityIn(world), batch);
    expect(answered).toMatchObject({
      ok: true,
      value: { commit: { seq: 1 }, outcomes: [{ status: 'applied', version: 1 }] },
    });
    expect(deliveriesTo(bob)).toMatchObject([{ seq: 1, events: [{ key: 'a' }] }]);
  });

  test('is not acked on a connection that the same instance has', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann');
    await writeAndWait(world.ports, passing(world), identityIn(world), batchOf(put(world, 'a', 1)));
    expect(deliveriesTo(ann)).toHaveLength(1);
    expect(acksTo(ann)).toEqual([]);
  });

  test('sent again, changes nothing and gets the first answer (I6)', async () => {
    const world = makeWorld();
    const batch = { ...batchOf(put(world, 'a', 1)), resend: true };
    const first = await writeAndWait(world.ports, passing(world), identityIn(world), batch);
    const second = await writeAndWait(world.ports, passing(world), identityIn(world), batch);
    expect(second).toEqual(first);
    expect(await world.ports.log.head(SPACE)).toMatchObject({ seq: [1] });
  });

  test('that goes through the inbox is found in the log', async () => {
    const world = makeWorld();
    const ports = alwaysLeased(world.ports);
    const batch = batchOf(put(world, 'a', 1));
    const answered = await writeAndWait(ports, passing(world), identityIn(world), batch);
    expect(answered).toMatchObject({ ok: true, value: { commit: { seq: 1 } } });
    expect(await truth(world)).toEqual({ a: 1 });
  });

  test('waits for the holder of the lease to commit it', async () => {
    const world = makeWorld();
    await leaseTo(world, 500);
    const batch = batchOf(put(world, 'a', 1));
    const answered = await writeAndWait(world.ports, passing(world), identityIn(world), batch);
    expect(answered).toMatchObject({ ok: true, value: { outcomes: [{ status: 'applied' }] } });
    expect(await world.ports.inbox.list(AT, 10)).toEqual([]);
    expect(await world.ports.log.head(SPACE)).toMatchObject({ seq: [1] });
  });

  test('gets `contention` after ten seconds in vain, well within what a request has', async () => {
    const world = makeWorld();
    await leaseTo(world, 60_000);
    const startedMs = world.now();
    const answered = await writeAndWait(
      world.ports,
      passing(world),
      identityIn(world),
      batchOf(put(world, 'a', 1)),
    );
    expect(answered).toMatchObject({ ok: false, error: { code: 'contention', retryable: true } });
    expect(world.now() - startedMs).toBeLessThan(12_000);
  });

  test('that is refused for what it is needs to wait for nobody', async () => {
    const world = makeWorld();
    await leaseTo(world, 60_000);
    const readOnly = identityIn(world, { grants: [{ pattern: '**', access: 'read' }] });
    const answered = await writeAndWait(world.ports, passing(world), readOnly, batchOf(put(world, 'a', 1)));
    expect(answered).toMatchObject({
      ok: true,
      value: { outcomes: [{ status: 'refused', code: 'forbidden' }] },
    });
    expect(await world.ports.inbox.list(AT, 10)).toEqual([]);
  });
});
