/** An error as it crosses a thread boundary. Structured clone would keep neither `code` nor a custom `name`. */
export interface ErrorData {
  name: string;
  message: string;
  code?: string | number;
  stack?: string;
}

export function toErrorData(thrown: unknown): ErrorData {
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

export function fromErrorData({ name, message, code, stack }: ErrorData): Error & { code?: string | number } {
  const error = new Error(message);
  error.name = name;
  if (stack) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}
