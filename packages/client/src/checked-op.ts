import {
  type ErrorCode,
  issueError,
  type JsonValue,
  keyProblem,
  LIMITS,
  type Op,
  opSchema,
  utf8Length,
  valueProblem,
} from '@mnemon/protocol';
import { MnemonError } from './mnemon-error.ts';
import { isWhole } from './optimistic-value.ts';
import { sizeOfOp } from './pending-op.ts';

/** An operation, before what is kept of it is its own. */
export type Intent = Op;
export type Unstamped<Each> = Each extends Op ? Omit<Each, 'seen' | 'seenSeq' | 'hlc'> : never;

const refuse = (code: ErrorCode, message: string): never => {
  throw new MnemonError(code, message);
};

export function checkKey(key: string): void {
  const problem = typeof key === 'string' ? keyProblem(key) : 'a key is a string';
  if (problem) refuse('bad-key', problem);
}

/** The operation, and what it adds to a frame; throws what the server would refuse. */
export function checkedOp(intent: Intent): { op: Op; sizeBytes: number } {
  const { expectedVersion } = intent;
  if (expectedVersion !== undefined && !(Number.isSafeInteger(expectedVersion) && expectedVersion >= 0)) {
    refuse('bad-request', 'expectedVersion is a whole number from 0 on');
  }
  const op = intent.op === 'put' ? { ...intent, value: copyOf(intent.value as JsonValue) } : intent;
  const checked = isWhole(op) && isPlain(op) ? op : checkedBySchema(op);
  return { op: checked, sizeBytes: sizeOfOp(checked) };
}

/** What is checked by now, or made by this client. */
const PLAIN_FIELDS = new Set(['op', 'key', 'value', 'seen', 'seenSeq', 'hlc', 'expectedVersion']);

function isPlain(op: Op): boolean {
  for (const field in op) if (!PLAIN_FIELDS.has(field)) return false;
  return true;
}

function checkedBySchema(op: Op): Op {
  const parsed = opSchema.safeParse(JSON.parse(JSON.stringify(op)));
  if (parsed.success) return parsed.data;
  const { code, message } = issueError(parsed.error.issues[0] as (typeof parsed.error.issues)[number]);
  return refuse(code, message);
}

/** A copy, so that what the application does to its object later isn't written by accident. */
function copyOf(value: JsonValue | undefined): JsonValue {
  const problem = valueProblem(value);
  if (problem) refuse('bad-value', problem);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  const text = JSON.stringify(value);
  if (utf8Length(text) > LIMITS.largeValueBytes) {
    refuse('value-too-large', `a value has at most ${LIMITS.largeValueBytes} bytes of JSON`);
  }
  return JSON.parse(text);
}
