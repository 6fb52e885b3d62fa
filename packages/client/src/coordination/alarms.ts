import { type Clock, createTimer } from '../clock.ts';

/** One who waits: for news under its name, or until its own time has come. */
export interface Alarm {
  /** Resolves at the next news, or when the time is over. Asked for before whatever makes others tell: none is missed. */
  next(): Promise<void>;
  set(ms: number): void;
  stop(): void;
}

export interface Alarms {
  create(name: string): Alarm;
  /** There is news for those of this name. */
  ring(name: string): void;
  ringAll(): void;
}

export function createAlarms(clock: Clock): Alarms {
  const waiting = new Set<{ name: string; ring: () => void }>();

  return {
    create(name) {
      let wake: () => void = () => {};
      const waiter = { name, ring: () => wake() };
      const timer = createTimer(clock, waiter.ring);
      waiting.add(waiter);
      return {
        next: () =>
          new Promise<void>((resolve) => {
            wake = resolve;
          }),
        set: timer.set,
        stop() {
          timer.clear();
          waiting.delete(waiter);
        },
      };
    },
    ring(name) {
      for (const waiter of [...waiting]) if (waiter.name === name) waiter.ring();
    },
    ringAll() {
      for (const { ring } of [...waiting]) ring();
    },
  };
}
