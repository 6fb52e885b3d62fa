import { setImmediate as nextTurn } from 'node:timers/promises';

interface FakeTimer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time, in whole milliseconds, that passes only when told to, timer by timer; what a timer starts has settled before the next one fires. */
export interface FakeClock {
  now(): number;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
  /** Timers that are set: 0 once everything was cleaned up. */
  readonly timerCount: number;
  /** Lets `ms` pass. */
  advance(ms: number): Promise<void>;
  /** Jumps to the next timer and fires it. False when there is none. */
  advanceToNext(): Promise<boolean>;
  /** Lets time pass until `isDone`, at most `limitMs`. Throws beyond that. */
  advanceUntil(isDone: () => boolean, limitMs?: number): Promise<void>;
  /** Lets time pass until `promise` is settled, and answers it. */
  settled<T>(promise: Promise<T>): Promise<T>;
}

/** A clock that stands at `startMs`. */
export function createFakeClock(startMs = 1_700_000_000_000): FakeClock {
  const timers = new Set<FakeTimer>();
  let nowMs = startMs;
  let lastOrder = 0;

  const earliest = (): FakeTimer | undefined => {
    let first: FakeTimer | undefined;
    for (const timer of timers) if (!first || isBefore(timer, first)) first = timer;
    return first;
  };

  /** Fires the next timer, if it is due by `untilMs`. */
  async function fireNext(untilMs: number): Promise<boolean> {
    await nextTurn(); // promises settle first
    const timer = earliest();
    if (!timer || timer.dueMs > untilMs) return false;
    timers.delete(timer);
    nowMs = Math.max(nowMs, timer.dueMs);
    timer.callback();
    return true;
  }

  async function advanceUntil(isDone: () => boolean, limitMs = 600_000): Promise<void> {
    const untilMs = nowMs + limitMs;
    await nextTurn();
    while (!isDone()) {
      if (!(await fireNext(untilMs))) throw new Error(`not done within ${limitMs} ms of fake time`);
      await nextTurn();
    }
  }

  return {
    now: () => nowMs,
    setTimeout(callback, delayMs) {
      const timer = { dueMs: nowMs + Math.max(0, Math.ceil(delayMs)), order: ++lastOrder, callback };
      timers.add(timer);
      return timer;
    },
    clearTimeout: (timer) => void timers.delete(timer as FakeTimer),
    get timerCount() {
      return timers.size;
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      while (await fireNext(untilMs));
      nowMs = untilMs;
    },
    async advanceToNext() {
      const fired = await fireNext(Number.POSITIVE_INFINITY);
      await nextTurn();
      return fired;
    },
    advanceUntil,
    async settled(promise) {
      let isDone = false;
      const done = () => {
        isDone = true;
      };
      promise.then(done, done);
      await advanceUntil(() => isDone);
      return promise;
    },
  };
}

const isBefore = (a: FakeTimer, b: FakeTimer): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
