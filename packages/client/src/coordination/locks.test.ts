import { describe, expect, test } from 'vitest';
import { MnemonError } from '../mnemon-error.ts';
import { askedScene } from './asked.fixture.ts';

const LEASE_MS = 30_000;
const name = 'tasks/1/lock';

async function held(scene: ReturnType<typeof askedScene>, token = 7) {
  const locking = scene.locks.lock(name, { leaseMs: LEASE_MS });
  await scene.clock.advance(0);
  await scene.answer({ is: 'granted', name, token });
  return locking;
}
const asked = ({ sent }: ReturnType<typeof askedScene>) => sent.map(({ payload }) => payload.do);

describe('a held lock', () => {
  test('is renewed at a third of its lease, again and again', async () => {
    const scene = askedScene();
    const lock = await held(scene);
    for (let turn = 1; turn <= 5; turn++) {
      await scene.clock.advance(LEASE_MS / 3 - 1);
      expect(asked(scene)).toHaveLength(turn);
      await scene.clock.advance(1);
      expect(scene.last().payload).toEqual({ do: 'renew', name, token: 7, leaseMs: LEASE_MS });
      await scene.answer({ is: 'renewed', name, token: 7 });
    }
    expect(lock.signal.aborted).toBe(false);
  });

  test('is lost at the end of a lease that nobody could renew, counted from when it was asked for', async () => {
    const scene = askedScene();
    const locking = scene.locks.lock(name, { leaseMs: LEASE_MS });
    await scene.clock.advance(2_000); // the answer took its time
    await scene.answer({ is: 'granted', name, token: 7 });
    const lock = await locking;
    scene.requests.offline();
    await scene.clock.advance(LEASE_MS - 2_001);
    expect(lock.signal.aborted).toBe(false);
    await scene.clock.advance(1);
    expect(lock.signal.reason).toMatchObject({ code: 'lock-lost' });
  });

  test('a lease that was renewed runs from when that was asked for, and once only however often it was sent', async () => {
    const scene = askedScene();
    const lock = await held(scene);
    await scene.clock.advance(LEASE_MS / 3);
    await scene.clock.advance(5_000); // sent again: nobody knows which of the two is answered
    expect(asked(scene)).toEqual(['acquire', 'renew', 'renew']);
    await scene.answer({ is: 'renewed', name, token: 7 });
    scene.requests.offline();
    await scene.clock.advance(LEASE_MS - 5_000 - 1);
    expect(lock.signal.aborted).toBe(false);
    await scene.clock.advance(1);
    expect(lock.signal.aborted).toBe(true);
  });

  test('that the server says is lost, or refuses, ends at once', async () => {
    const scene = askedScene();
    const lock = await held(scene);
    await scene.clock.advance(LEASE_MS / 3);
    await scene.answer({ is: 'lost', name, token: 7 });
    expect(lock.signal.reason).toMatchObject({ code: 'lock-lost' });
    const second = await held(scene, 8);
    await scene.clock.advance(LEASE_MS / 3);
    scene.requests.failed(scene.last().id, { code: 'forbidden', message: 'no', retryable: false });
    await scene.clock.advance(0);
    expect(second.signal.aborted).toBe(true);
    expect(scene.clock.timerCount, 'nothing is left').toBe(0);
  });

  test('given back, it is asked for nothing more; twice is once', async () => {
    const scene = askedScene();
    const lock = await held(scene);
    const released = lock.release();
    expect(lock.signal.reason).toMatchObject({ code: 'lock-released' });
    await scene.answer({ is: 'released', name, token: 7 });
    await released;
    await lock.release();
    await scene.clock.advance(LEASE_MS);
    expect(asked(scene)).toEqual(['acquire', 'release']);
    expect(scene.clock.timerCount).toBe(0);
  });

  test('goes along to the next connection', async () => {
    const scene = askedScene();
    await held(scene);
    scene.reconnect();
    expect(asked(scene)).toEqual(['acquire', 'renew']);
  });
});

describe('asking for a lock', () => {
  test('is repeated until it is answered, under the same name, and answered once', async () => {
    const scene = askedScene();
    const locking = scene.locks.lock(name);
    await scene.clock.advance(5_000);
    scene.reconnect();
    expect(asked(scene)).toEqual(['acquire', 'acquire', 'acquire']);
    const [first] = scene.sent;
    for (const { id, payload } of scene.sent) expect({ id, payload }).toEqual(first);
    await scene.answer({ is: 'granted', name, token: 7 });
    const lock = await locking;
    await scene.answer({ is: 'granted', name, token: 7 }, first?.id); // the answer to the first, late
    await scene.clock.advance(0);
    expect(asked(scene), 'nothing is given back').toHaveLength(3);
    expect(lock.signal.aborted).toBe(false);
  });

  test('granted twice in one go, it is not given back (I7)', async () => {
    const scene = askedScene();
    const locking = scene.locks.lock(name);
    await scene.clock.advance(5_000);
    const { id } = scene.last();
    for (let i = 0; i < 2; i++) scene.hear('lock', { is: 'granted', name, token: 7 }, id);
    const lock = await locking;
    await scene.clock.advance(0);
    expect(asked(scene)).toEqual(['acquire', 'acquire']);
    expect(lock.signal.aborted).toBe(false);
  });

  test('granted when its lease is over already, it is given back and asked for anew', async () => {
    const scene = askedScene();
    const locking = scene.locks.lock(name, { leaseMs: 10_000 });
    const [first] = scene.sent;
    await scene.clock.advance(10_000);
    await scene.answer({ is: 'granted', name, token: 7 });
    expect(scene.last().payload).toEqual({ do: 'release', name, token: 7 });
    await scene.answer({ is: 'released', name, token: 7 });
    expect(scene.last().payload).toMatchObject({ do: 'acquire', name });
    expect(scene.last().payload).not.toEqual(first?.payload);
    await scene.answer({ is: 'granted', name, token: 8 });
    expect(await locking).toMatchObject({ token: 8, signal: { aborted: false } });
  });

  test('what is granted after it was given back is given back again', async () => {
    const scene = askedScene();
    const lock = await held(scene);
    void lock.release();
    await scene.answer({ is: 'released', name, token: 7 });
    await scene.answer({ is: 'granted', name, token: 8 }, 'ask-1'); // a repeated request, come late
    await scene.clock.advance(0);
    expect(scene.last().payload).toEqual({ do: 'release', name, token: 8 });
  });

  test('another lock under the same token is no reason to keep it', async () => {
    const scene = askedScene();
    await held(scene);
    await scene.answer({ is: 'granted', name: 'other', token: 7 }, 'ask-1'); // a repeated request, come late
    expect(scene.last().payload).toEqual({ do: 'release', name: 'other', token: 7 });
  });

  test('without waiting, a lock that is held is refused', async () => {
    const scene = askedScene();
    const refused = expect(scene.locks.lock(name)).rejects.toMatchObject({ code: 'locked' });
    await scene.answer({ is: 'held', name, leaseLeftMs: 5_000 });
    await refused;
  });

  test('who waits asks again when told that it is free, also when told before the answer came', async () => {
    const scene = askedScene();
    const locking = scene.locks.lock(name, { waitMs: 60_000 });
    const { id } = scene.last();
    await scene.push('lock', { is: 'freed', name });
    await scene.answer({ is: 'held', name, leaseLeftMs: 40_000 }, id);
    expect(asked(scene)).toHaveLength(2);
    await scene.answer({ is: 'held', name, leaseLeftMs: 40_000 });
    await scene.push('lock', { is: 'freed', name: 'another' });
    expect(asked(scene)).toHaveLength(2);
    await scene.push('lock', { is: 'freed', name });
    expect(asked(scene)).toHaveLength(3);
    await scene.answer({ is: 'granted', name, token: 9 });
    expect((await locking).token).toBe(9);
  });

  test('who is not told asks when the lease has ended, and gives up when its time is over', async () => {
    const scene = askedScene();
    const locking = scene.locks.lock(name, { waitMs: 60_000 });
    const refused = expect(locking).rejects.toMatchObject({ code: 'locked' });
    await scene.answer({ is: 'held', name, leaseLeftMs: 40_000 });
    await scene.clock.advance(39_999);
    expect(asked(scene)).toHaveLength(1);
    await scene.clock.advance(1);
    expect(scene.last().payload).toMatchObject({ do: 'acquire', waitMs: 20_000 });
    await scene.answer({ is: 'held', name, leaseLeftMs: 40_000 });
    await scene.clock.advance(20_000);
    await scene.answer({ is: 'held', name, leaseLeftMs: 20_000 });
    await refused;
    expect(scene.clock.timerCount).toBe(0);
  });

  test('closed, nobody waits any more', async () => {
    const scene = askedScene();
    const lock = await held(scene);
    const waiting = scene.locks.lock('other', { waitMs: 60_000 });
    await scene.answer({ is: 'held', name: 'other', leaseLeftMs: 40_000 });
    const over = new MnemonError('closed', 'over');
    scene.locks.close(over);
    scene.requests.close(over);
    await expect(waiting).rejects.toMatchObject({ code: 'closed' });
    expect(lock.signal.reason).toBe(over);
    expect(scene.clock.timerCount).toBe(0);
  });
});

describe('a claim that waits', () => {
  test('asks again, as sent before, when it is told or when its time has come', async () => {
    const scene = askedScene();
    const claiming = scene.tasks.claim({ waitMs: 30_000 });
    const { attempt } = scene.last().payload as { attempt: string };
    expect(scene.last().payload).toMatchObject({ resend: false, waitMs: 30_000 });
    await scene.answer({ is: 'claimed', againMs: 10_000 });
    await scene.clock.advance(10_000);
    expect(scene.last().payload).toMatchObject({ attempt, resend: true, waitMs: 20_000 });
    await scene.answer({ is: 'claimed', againMs: 10_000 });
    await scene.push('task', { is: 'available', attempt: 'another' });
    expect(asked(scene)).toHaveLength(2);
    await scene.push('task', { is: 'available', attempt });
    expect(asked(scene)).toHaveLength(3);
    await scene.answer({ is: 'claimed' });
    await scene.clock.advance(20_000);
    expect(scene.last().payload, 'the last time, without waiting').not.toHaveProperty('waitMs');
    await scene.answer({ is: 'claimed' });
    expect(await claiming).toBeUndefined();
    expect(scene.clock.timerCount).toBe(0);
  });
});
