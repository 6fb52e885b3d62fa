import { MnemonError } from '../mnemon-error.ts';
import type { ConnectionState } from './connection-state.ts';

/** So many connections in a row have to fail until calls fail at once instead of waiting. */
export const FAILURES_TO_OPEN = 5;

/**
 * Whether it makes sense to wait for the service. `closed`: as far as known. `open`: so many connections failed that what
 * only the server can answer rejects at once with `unavailable`, until the next try. `half-open`: that try is on its way, or has
 * not lasted a heartbeat yet, and calls wait for it. Writes go to the outbox in any case.
 */
export type Circuit = 'closed' | 'open' | 'half-open';

export function circuitOf({ name, attempt }: Pick<ConnectionState, 'name' | 'attempt'>): Circuit {
  if (attempt < FAILURES_TO_OPEN) return 'closed';
  return name === 'waiting' ? 'open' : 'half-open';
}

/** Ends the waiting of those who wait for a service that can't be reached. */
export interface Breaker {
  /** Throws `unavailable` while the circuit is open. */
  check(): void;
  /** As `promise`, unless the circuit is or comes to be open before: then it rejects with `unavailable`. */
  guard(promise: Promise<void>): Promise<void>;
  /** The circuit may be another one. */
  changed(): void;
}

export function createBreaker(circuit: () => Circuit): Breaker {
  const waiting = new Set<() => void>();
  const unavailable = () => new MnemonError('unavailable', 'the service can’t be reached; it is tried again');

  function guard(promise: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(unavailable());
      const done = () => void waiting.delete(giveUp);
      waiting.add(giveUp);
      promise.then(resolve, reject).finally(done);
      if (circuit() === 'open') void Promise.resolve().then(giveUp); // after what is there already
    });
  }

  return {
    check() {
      if (circuit() === 'open') throw unavailable();
    },
    guard,
    changed() {
      if (circuit() === 'open') for (const giveUp of waiting) giveUp();
    },
  };
}
