const TIME_DIGITS = 15;

/** Names an attempt at a snapshot by when it began. */
export const attemptName = (nowMs: number, randomId: string): string =>
  `${String(nowMs).padStart(TIME_DIGITS, '0')}-${randomId}`;

export const startOfAttempt = (attempt: string): number => Number(attempt.slice(0, TIME_DIGITS));
