/** The server's clock as this client knows it: behind by what the newest frame took, whatever this machine's clock says. */
export interface ServerClock {
  /** A frame has come that the server sent at `timestamp`. */
  hear(timestamp: number): void;
  now(): number;
}

export function createServerClock(nowMs: () => number): ServerClock {
  let aheadMs = 0;
  return {
    hear: (timestamp) => {
      aheadMs = timestamp - nowMs();
    },
    now: () => nowMs() + aheadMs,
  };
}
