import {
  type Entry,
  ERRORS,
  type ErrorCode,
  errorCodeSchema,
  type Outcome,
  type WireError,
} from '@mnemon/protocol';

/** Why a call failed: a code of the wire, or one of the client's own. */
export type MnemonErrorCode = ErrorCode | OwnCode;

type OwnCode = keyof typeof OWN_CODES;

/** What this package says itself, and whether the same call may succeed later. */
const OWN_CODES = {
  closed: false,
  overloaded: true,
  /** Another program has the outbox's store. */
  'outbox-in-use': true,
  'outbox-unusable': false,
  /** Another holds the lock, or an earlier call does. */
  locked: true,
  'lock-lost': false,
  'lock-released': false,
  'claim-lost': false,
} as const;

const BRAND = Symbol.for('mnemon.error');

/** The one error that this package throws and rejects with. */
export class MnemonError extends Error {
  override readonly name = 'MnemonError';
  readonly code: MnemonErrorCode;
  /** With `conflict`: the entry as it is now; left out where there is none. */
  readonly current?: Entry;
  /**
   * Of a write that was given up before the service said what became of it: it was sent, or an outbox store keeps it to be
   * sent, and it may be in the log, now or later. Who wants to know reads the key.
   */
  readonly mayBeCommitted: boolean;
  readonly [BRAND] = true;

  constructor(
    code: MnemonErrorCode,
    message: string,
    more: { current?: Entry | undefined; cause?: unknown; mayBeCommitted?: boolean } = {},
  ) {
    super(message, 'cause' in more ? { cause: more.cause } : undefined);
    this.code = code;
    this.mayBeCommitted = more.mayBeCommitted ?? false;
    if (more.current) this.current = more.current;
  }

  /** Whether the same call may succeed later, unchanged. */
  get retryable(): boolean {
    const wire = errorCodeSchema.safeParse(this.code);
    return wire.success ? ERRORS[wire.data].retryable : OWN_CODES[this.code as OwnCode];
  }
}

export const fromWire = (error: WireError): MnemonError =>
  new MnemonError(error.code, error.message, { cause: error });

/** The same about a write of which nobody knows whether it is in the log. */
export const fateUnknown = ({ code, message, cause }: MnemonError): MnemonError =>
  new MnemonError(code, `${message}; whether the write was committed is unknown`, {
    ...(cause !== undefined && { cause }),
    mayBeCommitted: true,
  });

export const fromOutcome = (refusal: Outcome & { status: 'refused' }): MnemonError =>
  new MnemonError(refusal.code, refusal.message, { current: refusal.current });

/** Recognizes a `MnemonError`, also one of another copy of this package. */
export const isMnemonError = (error: unknown): error is MnemonError =>
  typeof error === 'object' && error !== null && BRAND in error;

const isCode =
  <Code extends MnemonErrorCode>(code: Code) =>
  (error: unknown): error is MnemonError & { code: Code } =>
    isMnemonError(error) && error.code === code;

/** The entry was not at the `expectedVersion`; `error.current` is what it is at. */
export const isConflict = isCode('conflict');
/** The client was closed before or while it was asked. */
export const isClosed = isCode('closed');
/** The token doesn't allow this. */
export const isForbidden = isCode('forbidden');
/** The outbox is full: the service is away, or slower than the writes. */
export const isOverloaded = isCode('overloaded');
/** The lock is held by another, or by an earlier call of this client. */
export const isLocked = isCode('locked');
/** The write was made under a lock that another has had since. */
export const isStaleToken = isCode('stale-token');
/** The lease of a claimed task ended, and another worker has or had it. */
export const isClaimLost = isCode('claim-lost');
