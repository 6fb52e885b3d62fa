import {
  type ErrorCode,
  type HybridTime,
  type JsonValue,
  keyProblem,
  LIMITS,
  type Op,
  utf8Length,
  type VectorClock,
  valueProblem,
} from '@mnemon/protocol';
import { MnemonError } from './mnemon-error.ts';

/** What an application wants written, with what it has seen. Without `value` it is a deletion. */
export interface Intent {
  readonly key: string;
  readonly value?: JsonValue;
  readonly seen: VectorClock;
  readonly hlc: HybridTime;
  readonly expectedVersion?: number | undefined;
}

const refuse = (code: ErrorCode, message: string): never => {
  throw new MnemonError(code, message);
};

export function checkKey(key: string): void {
  const problem = typeof key === 'string' ? keyProblem(key) : 'a key is a string';
  if (problem) refuse('bad-key', problem);
}

/** The operation, and what it adds to a frame; throws what the server would refuse. */
export function checkedOp({ key, seen, hlc, expectedVersion, ...rest }: Intent): {
  op: Op;
  sizeBytes: number;
} {
  if (expectedVersion !== undefined && !(Number.isSafeInteger(expectedVersion) && expectedVersion >= 0)) {
    refuse('bad-request', 'expectedVersion is a whole number from 0 on');
  }
  const fields = { key, seen, hlc, ...(expectedVersion !== undefined && { expectedVersion }) };
  const op: Op =
    'value' in rest ? { op: 'put', ...fields, value: copyOf(rest.value) } : { op: 'delete', ...fields };
  return { op, sizeBytes: utf8Length(JSON.stringify(op)) + 1 };
}

/** A copy, so that what the application does to its object later isn't written by accident. */
function copyOf(value: JsonValue | undefined): JsonValue {
  const problem = valueProblem(value);
  if (problem) refuse('bad-value', problem);
  const text = JSON.stringify(value);
  if (utf8Length(text) > LIMITS.valueBytes) {
    refuse('value-too-large', `a value has at most ${LIMITS.valueBytes} bytes of JSON`);
  }
  return JSON.parse(text);
}
