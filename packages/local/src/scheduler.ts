/** Something that is to run again and again. */
export interface Schedule {
  everyMs: number;
  /** How it fails is for it to report: the next run comes all the same. */
  run: () => Promise<unknown>;
}

/** EventBridge Scheduler acted out: each runs when its time has come, but never beside itself. Ends with `close`. */
export function startScheduler(schedules: readonly Schedule[]): { close(): Promise<void> } {
  const running = new Set<Promise<unknown>>();
  const timers = schedules.map(({ everyMs, run }) => {
    let isRunning = false;
    const tick = async () => {
      if (isRunning) return;
      isRunning = true;
      const done = run().catch(() => {});
      running.add(done);
      await done;
      running.delete(done);
      isRunning = false;
    };
    return setInterval(() => void tick(), everyMs);
  });
  return {
    async close() {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(running);
    },
  };
}
