import type { Ports } from '@mnemon/core';
import { expect, test } from 'vitest';
import { alwaysLeased } from './stopped-ports.ts';
import { AT, attach, batchOf, makeWorld, put, SPACE, send, type World } from './world.ts';

const waitingIn = ({ ports }: World) => ports.inbox.list(AT, 1000);

/** A holder with a batch of its own; each commit takes `commitMs`, and one more batch arrives during each of `arrivals`. */
function slowHolder(world: World, commitMs: number, arrivals: number) {
  let committed = 0;
  const append: Ports['log']['append'] = async (plan) => {
    if (committed++ < arrivals) {
      const { caller } = attach(world, 'late');
      const batch = batchOf(put(world, `key-${committed}`, committed));
      await world.ports.inbox.put(AT, { batch, caller, requestId: 'late' });
    }
    world.pass(commitMs);
    return world.ports.log.append(plan);
  };
  const ports = alwaysLeased({ ...world.ports, log: { ...world.ports.log, append } });
  const write = (more: Partial<Ports>) =>
    send(world, attach(world, 'holder'), batchOf(put(world, 'own', 0)), { ...ports, ...more });
  return { write };
}

test('a holder keeps its lease while it waits for a recipient that does not answer', async () => {
  const world = makeWorld();
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let renewed = () => {};
  const renewal = new Promise<void>((resolve) => {
    renewed = resolve;
  });
  const holder = slowHolder(world, 1_200, 1);
  let tries = 0;
  const done = holder.write({
    fanout: {
      ...world.ports.fanout,
      post: async (posts) => {
        await answered;
        return world.ports.fanout.post(posts);
      },
    },
    inbox: {
      ...world.ports.inbox,
      acquireLease: async (...lease) => {
        const isHeld = await world.ports.inbox.acquireLease(...lease);
        if (++tries === 3) renewed(); // after the second commit
        return isHeld;
      },
    },
  });
  await renewal;
  world.pass(1_300);
  expect(await world.ports.inbox.acquireLease(AT, 'another', 2_000)).toBe(false);
  answer();
  await done;
  expect(await waitingIn(world)).toEqual([]);
});

test('a holder goes on after its turn when nobody else takes over: nothing waits for a resend', async () => {
  const world = makeWorld();
  await slowHolder(world, 1_900, 6).write({});
  expect(await waitingIn(world)).toEqual([]);
  expect((await world.ports.log.head(SPACE))?.seq).toEqual([7]);
});

test('a holder leaves the rest to whoever takes the lease after its turn', async () => {
  const world = makeWorld();
  const holder = slowHolder(world, 1_900, 6);
  const releaseLease: Ports['inbox']['releaseLease'] = async (at, name) => {
    await world.ports.inbox.releaseLease(at, name);
    await world.ports.inbox.acquireLease(at, 'another', 2_000);
  };
  await holder.write({ inbox: { ...world.ports.inbox, releaseLease } });
  expect((await world.ports.log.head(SPACE))?.seq).toEqual([3]);
  expect(await waitingIn(world)).toHaveLength(1);
});

test('a holder ends well within its invocation, however much waits', async () => {
  const world = makeWorld();
  const startedAtMs = world.now();
  await slowHolder(world, 1_900, 1_000).write({});
  expect(world.now() - startedAtMs).toBeLessThan(22_000);
  expect(await waitingIn(world)).toHaveLength(1);
});
