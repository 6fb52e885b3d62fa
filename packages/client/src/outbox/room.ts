import { MnemonError } from '../mnemon-error.ts';

/**
 * What the outbox should hold at most, sent or not: calls that wait for an answer, though several may share an operation,
 * and bytes that aren't sent yet.
 */
export const OUTBOX_LIMITS = { calls: 10_000, sizeBytes: 16 * 1024 * 1024 } as const;

/** Under `wait`, who doesn't wait is refused when there is so many times as much: memory stays bounded. */
export const PATIENCE = 4;

/**
 * What becomes of a write when the outbox is full. `refuse`: it is refused with `overloaded`. `wait`: it is taken in, and
 * whoever asked for it to be `queued` waits until there is room again.
 */
export type WhenFull = 'refuse' | 'wait';

/** Counts who is in the outbox, and holds up or refuses whoever would be too many. */
export interface Room {
  readonly isFull: boolean;
  /** One call more, with so many bytes. Throws `overloaded` when there is no room for it; false when there is none left after it. */
  enter(addedBytes: number): boolean;
  /** One call more that adds nothing, but waits like the others. */
  join(): void;
  /** `calls` were answered, and what they brought is gone. */
  leave(calls: number): void;
  /** Calls back once there is room: now or later, or never when it is closed first. */
  whenFree(callback: () => void): void;
  close(): void;
}

/** `sizeBytes` tells what waits to be sent. */
export function createRoom(whenFull: WhenFull, sizeBytes: () => number): Room {
  const most = whenFull === 'wait' ? PATIENCE : 1;
  let waiting: (() => void)[] = [];
  let calls = 0;

  const holds = (times: number, addedBytes = 0) =>
    calls >= OUTBOX_LIMITS.calls * times || sizeBytes() + addedBytes >= OUTBOX_LIMITS.sizeBytes * times;

  return {
    get isFull() {
      return holds(1);
    },
    enter(addedBytes) {
      if (holds(most)) throw new MnemonError('overloaded', 'too many writes are waiting for the service');
      calls++;
      return !holds(1, addedBytes);
    },
    join() {
      calls++;
    },
    leave(count) {
      calls -= count;
      if (waiting.length === 0 || holds(1)) return;
      const freed = waiting;
      waiting = [];
      for (const callback of freed) callback();
    },
    whenFree(callback) {
      if (holds(1)) waiting.push(callback);
      else callback();
    },
    close() {
      waiting = [];
    },
  };
}
