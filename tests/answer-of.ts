import type { Answered } from '@mnemon/core';

/** What a use-case answered; a refusal throws. */
export function answerOf<Value>(answered: Answered<Value>): Value {
  if (!answered.ok) throw new Error(answered.error.code);
  return answered.value;
}
