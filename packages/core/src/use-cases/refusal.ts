import type { WireError } from '@mnemon/protocol';

/** What a use-case answers: its result, or why it would not. */
export type Answered<Value> = { ok: true; value: Value } | { ok: false; error: WireError };

export const ok = <Value>(value: Value): Answered<Value> => ({ ok: true, value });
export const refuse = (error: WireError): { ok: false; error: WireError } => ({ ok: false, error });
