export interface LockOptions {
  /** How long the lock stays this client's when it can't be renewed any more. 30 s by default. */
  readonly leaseMs?: number;
  /** How long to wait for it. Not at all by default. */
  readonly waitMs?: number;
}

/** A lock that this client holds, until `signal` fires. It is renewed by itself. */
export interface Lock {
  readonly name: string;
  /** Greater than those of all who held it before. A write that carries the lock is refused once another holds it. */
  readonly token: number;
  /** Fires when the lock is given back (`lock-released`) or lost (`lock-lost`): whoever works under it stops. */
  readonly signal: AbortSignal;
  /** Gives it back. Nothing happens to a lock that is lost. */
  release(): Promise<void>;
}

export interface Locks {
  /**
   * Takes the lock `name`, a key that this client may write. Rejects with `locked` when another holds it, or this client
   * already does, for longer than `waitMs`.
   */
  lock(name: string, options?: LockOptions): Promise<Lock>;
}

/** Works under a lock, and gives it back whatever comes of it. */
export async function withLock<Result>(
  locks: Locks,
  name: string,
  options: LockOptions,
  work: (lock: Lock) => Result | Promise<Result>,
): Promise<Result> {
  const lock = await locks.lock(name, options);
  try {
    return await work(lock);
  } finally {
    lock.release().catch(() => {}); // its lease ends by itself
  }
}
