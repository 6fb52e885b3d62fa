/** How often something has happened in the window that runs now. */
export interface RateWindow {
  count: number;
  endsInMs: number;
}

/** Fixed windows: the first count of a name opens one, which ends by itself. */
export interface RateLimits {
  /** Counts one more, atomically. Throws `Unavailable`; whether it was counted is then not known. */
  count(name: string, windowMs: number): Promise<RateWindow>;
}
