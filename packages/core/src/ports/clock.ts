/** Tells the time. Only what tolerates a server's skew relies on it; leases run on the store's own clock. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}
