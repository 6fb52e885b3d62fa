/** A rejection that nobody waits for must not end the program. */
export function harmless<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** The same for each answer of some calls. */
export function harmlessCalls<Calls extends Record<keyof Calls, (...args: never[]) => Promise<unknown>>>(
  calls: Calls,
): Calls {
  const wrapped = Object.entries<(...args: never[]) => Promise<unknown>>(calls).map(([name, call]) => [
    name,
    (...args: never[]) => harmless(call(...args)),
  ]);
  return Object.fromEntries(wrapped) as Calls;
}
