import * as z from 'zod/mini';

interface ErrorTraits {
  httpStatus: number;
  /** Of errors that end the connection: the code to close it with. */
  closeCode?: number;
  /** Whether the same request may succeed later, unchanged. */
  retryable: boolean;
}

/** Every code that an error, a refusal or a goodbye can carry, and what it means to the two transports. */
export const ERRORS = {
  'bad-frame': { httpStatus: 400, retryable: false },
  'unknown-type': { httpStatus: 400, retryable: false },
  'bad-request': { httpStatus: 400, retryable: false },
  'bad-key': { httpStatus: 400, retryable: false },
  'bad-pattern': { httpStatus: 400, retryable: false },
  'bad-value': { httpStatus: 400, retryable: false },
  'bad-clock': { httpStatus: 400, retryable: false },
  'bad-cursor': { httpStatus: 400, retryable: false },
  'unsupported-version': { httpStatus: 400, closeCode: 1002, retryable: false },
  'not-found': { httpStatus: 404, retryable: false },
  'method-not-allowed': { httpStatus: 405, retryable: false },
  'body-too-large': { httpStatus: 413, retryable: false },
  'value-too-large': { httpStatus: 413, retryable: false },
  'batch-too-large': { httpStatus: 413, retryable: false },
  unauthorized: { httpStatus: 401, retryable: false },
  'token-expired': { httpStatus: 401, closeCode: 1008, retryable: false },
  forbidden: { httpStatus: 403, retryable: false },
  conflict: { httpStatus: 412, retryable: false },
  'stale-token': { httpStatus: 409, retryable: false },
  'too-old': { httpStatus: 409, retryable: false },
  'not-connected': { httpStatus: 409, retryable: true },
  replaced: { httpStatus: 409, closeCode: 1008, retryable: false },
  'rate-limited': { httpStatus: 429, retryable: true },
  contention: { httpStatus: 503, retryable: true },
  unavailable: { httpStatus: 503, retryable: true },
  internal: { httpStatus: 500, retryable: true },
} as const satisfies Record<string, ErrorTraits>;

export type ErrorCode = keyof typeof ERRORS;

export const errorCodeSchema = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);

/** Whether nothing more can be said on a connection that was told this. */
export const endsConnection = (code: ErrorCode): boolean => 'closeCode' in ERRORS[code];

/** One shape for every failure on the wire. */
export const wireErrorSchema = z.object({
  code: errorCodeSchema,
  message: z.string(),
  retryable: z.boolean(),
  retryAfterMs: z.optional(z.int().check(z.gte(0))),
  details: z.optional(z.unknown()),
});
export type WireError = z.infer<typeof wireErrorSchema>;

export function wireError(
  code: ErrorCode,
  message: string,
  more: Pick<WireError, 'retryAfterMs' | 'details'> = {},
): WireError {
  return { code, message, retryable: ERRORS[code].retryable, ...more };
}
