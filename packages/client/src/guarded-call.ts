/** Calls the application's `callback`; what it throws or rejects with goes to `onError` and harms nobody else. */
export function callGuarded<Argument>(
  callback: (argument: Argument) => unknown,
  argument: Argument,
  onError: (error: unknown) => void,
): void {
  const report = (error: unknown) => {
    try {
      onError(error);
    } catch {
      // The application's own handler failed: there is nobody left to tell.
    }
  };
  try {
    const result = callback(argument);
    if (result instanceof Promise) result.catch(report);
  } catch (error) {
    report(error);
  }
}
