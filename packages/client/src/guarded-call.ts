type Callback<Argument> = (argument: Argument) => unknown;

/** Calls the application's `callback`; what it throws or rejects with goes to `onError` and harms nobody else. */
export function callGuarded<Argument>(
  callback: Callback<Argument>,
  argument: Argument,
  onError: (error: unknown) => unknown,
): void {
  // When the application's own handler fails, too, there is nobody left to tell.
  attempt(callback, argument, (error) => attempt(onError, error, () => {}));
}

function attempt<Argument>(
  callback: Callback<Argument>,
  argument: Argument,
  failed: (error: unknown) => void,
): void {
  try {
    const result = callback(argument);
    if (isThenable(result)) result.then(undefined, failed);
  } catch (error) {
    failed(error);
  }
}

/** Not `instanceof Promise`: one of another realm or library is none. */
const isThenable = (result: unknown): result is PromiseLike<unknown> =>
  typeof result === 'object' && result !== null && 'then' in result && typeof result.then === 'function';
