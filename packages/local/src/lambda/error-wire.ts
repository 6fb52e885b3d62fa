/** An error as it crosses a thread boundary. Structured clone would keep neither `code` nor a custom `name`. */
export interface WireError {
  name: string;
  message: string;
  code?: string | number;
  stack?: string;
}

export function toWireError(thrown: unknown): WireError {
  if (!(thrown instanceof Error)) return { name: typeof thrown, message: String(thrown) };
  const { name, message, stack } = thrown;
  const code: unknown = 'code' in thrown ? thrown.code : undefined;
  return {
    name,
    message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(stack ? { stack } : {}),
  };
}

export function fromWireError({ name, message, code, stack }: WireError): Error & { code?: string | number } {
  const error = new Error(message);
  error.name = name;
  if (stack) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}
