export interface OutstandingAnswer {
  /** Waits for the answer to `requestId`; `onTimeout` is called if none came in time, and has to settle it. */
  wait(requestId: string, timeoutMs: number, onTimeout: () => void): Promise<string>;
  settle(outcome: string | Error): void;
  requestId(): string | undefined;
}

/** The one answer that an environment owes at any time. Settling when none is owed does nothing. */
export function outstandingAnswer(): OutstandingAnswer {
  let owed: { requestId: string; settle: (outcome: string | Error) => void } | undefined;
  return {
    wait: (requestId, timeoutMs, onTimeout) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(onTimeout, timeoutMs);
        owed = {
          requestId,
          settle(outcome) {
            clearTimeout(timer);
            if (typeof outcome === 'string') resolve(outcome);
            else reject(outcome);
          },
        };
      }),
    settle(outcome) {
      const settled = owed;
      owed = undefined;
      settled?.settle(outcome);
    },
    requestId: () => owed?.requestId,
  };
}
