import { LIMITS, type LockFrame } from '@mnemon/protocol';
import { createTimer } from '../clock.ts';
import type { Requests } from '../connection/requests.ts';
import { MnemonError } from '../mnemon-error.ts';
import { checkKey } from '../outbox/checked-op.ts';
import type { Ports } from '../ports.ts';
import { createRandomName } from '../random-name.ts';
import { createAlarms } from './alarms.ts';
import { type HeldLock, holdLock } from './held-lock.ts';
import type { LockOptions, Locks } from './lock.ts';

const LEASE_MS = 30_000;

export interface LockKeeper extends Locks {
  /** What the server says that answers no request: that a lock is free, or that one was granted too late. */
  hear(frame: LockFrame): void;
  online(): void;
  close(error: MnemonError): void;
}

/** All locks of a client. */
export function createLocks(requests: Requests, ports: Ports): LockKeeper {
  const { clock } = ports;
  const held = new Set<HeldLock>();
  /** Of those who wait for a lock to become free, by its name. */
  const alarms = createAlarms(clock);
  let closedBy: MnemonError | undefined;

  async function acquire(name: string, leaseMs: number, waitMs: number): Promise<HeldLock> {
    let attempt = createRandomName(ports.random);
    const untilMs = clock.now() + waitMs;
    const alarm = alarms.create(name);
    let askedAtMs = clock.now();
    try {
      for (;;) {
        const news = alarm.next(); // before asking: what comes while the answer is on its way counts
        const answer = await requests.ask('lock', (resend) => {
          if (!resend) askedAtMs = clock.now(); // which of several sends is answered, nobody knows
          const leftMs = Math.max(0, Math.min(untilMs - clock.now(), LIMITS.lockWaitMs));
          return { do: 'acquire', name, attempt, leaseMs, waitMs: leftMs };
        });
        if (answer.is === 'granted') {
          if (clock.now() < askedAtMs + leaseMs) return keep(name, answer.token, leaseMs, askedAtMs);
          // The answer took so long that the lock may be another's by now. What is left of it keeps nobody waiting.
          await giveBack(name, answer.token);
          attempt = createRandomName(ports.random);
          continue;
        }
        const leftMs = untilMs - clock.now();
        if (answer.is !== 'held' || leftMs <= 0) throw new MnemonError('locked', `${name} is locked`);
        alarm.set(Math.min(answer.leaseLeftMs, leftMs));
        await news;
        if (closedBy) throw closedBy;
      }
    } finally {
      alarm.stop();
    }
  }

  const giveBack = (name: string, token: number): Promise<unknown> =>
    requests.ask('lock', () => ({ do: 'release', name, token })).catch(() => {});

  /**
   * A repeated request, come after the lock was given back: nobody here knows of it. But who has just been granted it, by
   * a frame right before this one, knows that only a moment later.
   */
  function giveBackUnlessHeld(name: string, token: number): void {
    const isHeld = () => [...held].some((lock) => lock.name === name && lock.token === token);
    createTimer(clock, () => {
      if (!isHeld() && !closedBy) void giveBack(name, token);
    }).set(0);
  }

  function keep(name: string, token: number, leaseMs: number, askedAtMs: number): HeldLock {
    const onEnd = () => void held.delete(lock);
    const lock = holdLock({ name, token, leaseMs, askedAtMs }, { clock, requests, onEnd });
    held.add(lock);
    return lock;
  }

  async function lock(name: string, { leaseMs = LEASE_MS, waitMs = 0 }: LockOptions = {}): Promise<HeldLock> {
    checkKey(name);
    checkTimes(leaseMs, waitMs);
    return acquire(name, leaseMs, waitMs);
  }

  return {
    lock,
    hear({ payload }) {
      if (payload.is === 'freed') {
        alarms.ring(payload.name);
      } else if (payload.is === 'granted') giveBackUnlessHeld(payload.name, payload.token);
    },
    online() {
      for (const each of held) each.renew();
      alarms.ringAll(); // notices went to the connection that is gone
    },
    close(error) {
      closedBy = error;
      for (const each of [...held]) each.end(error);
      alarms.ringAll();
    },
  };
}

function checkTimes(leaseMs: number, waitMs: number): void {
  const isLease = Number.isInteger(leaseMs) && leaseMs >= LIMITS.leastLeaseMs && leaseMs <= LIMITS.leaseMs;
  if (!isLease) {
    throw new MnemonError('bad-request', `a lease lasts ${LIMITS.leastLeaseMs} to ${LIMITS.leaseMs} ms`);
  }
  if (!(waitMs >= 0)) throw new MnemonError('bad-request', 'waitMs is at least 0');
}
