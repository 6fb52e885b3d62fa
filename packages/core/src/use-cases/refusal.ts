import { type WireError, wireError } from '@mnemon/protocol';

/** What a use-case answers: its result, or why it would not. */
export type Answered<Value> = { ok: true; value: Value } | { ok: false; error: WireError };

export const ok = <Value>(value: Value): Answered<Value> => ({ ok: true, value });
export const refuse = (error: WireError): { ok: false; error: WireError } => ({ ok: false, error });

/** A change of subscriptions that arrived after a later one: nobody waits for it any more. */
export const overtaken = () => wireError('bad-request', 'a later change of the subscriptions came first');
