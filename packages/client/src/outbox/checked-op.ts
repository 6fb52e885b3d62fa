import {
  copiedValue,
  type ErrorCode,
  HYBRID_ZERO,
  type HybridTime,
  issueError,
  type JsonValue,
  keyProblem,
  LIMITS,
  NotJson,
  type Op,
  opSchema,
  STRATEGIES,
  type Strategy,
  type VectorClock,
} from '@mnemon/protocol';
import type { AnyDurability, WriteOptions } from '../mnemon.ts';
import { MnemonError } from '../mnemon-error.ts';
import type { SeenVersion } from '../replica/seen-clocks.ts';
import { jsonBytes } from './json-bytes.ts';
import { isWhole } from './optimistic-value.ts';
import { type PendingOp, pendingOp, sizeOfOp } from './pending-op.ts';

type Unstamped<Each> = Each extends Op ? Omit<Each, 'seen' | 'seenSeq' | 'hlc'> : never;
/** An operation, before what is kept of it is its own. */
export type Intent = Unstamped<Op>;
export type OpOptions = Partial<AnyDurability<WriteOptions>>;

const NOTHING_READ: VectorClock = {};

/** With room for what `checkedOp` stamps it with: an object that grows costs more than a larger one, and puts are many. */
export const putIntent = (key: string, value: JsonValue): Intent => {
  const put = { op: 'put', key, value, seen: NOTHING_READ, hlc: HYBRID_ZERO } as const;
  return put;
};

const refuse = (code: ErrorCode, message: string): never => {
  throw new MnemonError(code, message);
};

export function checkKey(key: string): void {
  const problem = typeof key === 'string' ? keyProblem(key) : 'a key is a string';
  if (problem) refuse('bad-key', problem);
}

/**
 * What `intent` becomes at `hlc`, when its writer has `read` that of the key: sharing nothing with what the application
 * holds; throws what the server would refuse. The key is checked by then. Every write waits for this: it makes no second
 * object of `intent`, and what most writes are made of is checked without the schema.
 */
export function checkedOp(
  intent: Intent,
  options: OpOptions | undefined,
  hlc: HybridTime,
  read: SeenVersion | undefined,
): PendingOp {
  const said = intent as Op;
  said.seen = read?.clock ?? NOTHING_READ;
  said.hlc = hlc;
  if (read) said.seenSeq = read.seq;
  const isPlain = addOptions(said, options);
  if (said.op === 'put') said.value = ownValue(said.value);
  const op = isPlain && isWhole(said) ? said : checkedBySchema(said);
  const sizeBytes = sizeOfOp(op);
  if (sizeBytes > LIMITS.largeValueBytes) checkSize(op);
  return pendingOp(op, sizeBytes);
}

/** Whether all that they say is checked by this. */
function addOptions(op: Op, options: OpOptions = {}): boolean {
  let isPlain = true;
  for (const name in options) {
    const option = options[name as keyof OpOptions];
    if (option === undefined || name === 'durability') continue;
    if (name === 'lock') op.fence = fenceOf(options);
    else (op as Record<string, unknown>)[name] = option;
    isPlain &&= isPlainOption(op, name, option);
  }
  return isPlain;
}

const fenceOf = ({ lock }: OpOptions) => lock && { lock: lock.name, token: lock.token };

function isPlainOption({ op }: Op, name: string, option: unknown): boolean {
  switch (name) {
    case 'expectedVersion':
      if (isWholeNumber(option, 0)) return true;
      return refuse('bad-request', 'expectedVersion is a whole number from 0 on');
    case 'ttlMs':
      return op === 'put' && isWholeNumber(option, 1) && option <= LIMITS.ttlMs;
    case 'strategy':
      return STRATEGIES.includes(option as Strategy);
    default:
      return false;
  }
}

const isWholeNumber = (option: unknown, least: number): option is number =>
  Number.isSafeInteger(option) && (option as number) >= least;

function checkedBySchema(op: Op): Op {
  const parsed = opSchema.safeParse(JSON.parse(JSON.stringify(op)));
  if (parsed.success) return parsed.data;
  const { code, message } = issueError(parsed.error.issues[0] as (typeof parsed.error.issues)[number]);
  return refuse(code, message);
}

/** A copy, so that what the application does to its object later isn't written by accident. */
function ownValue(value: unknown): JsonValue {
  const copy = copiedValue(value);
  return copy instanceof NotJson ? refuse('bad-value', copy.problem) : copy;
}

function checkSize(op: Op): void {
  if (op.op !== 'put' || jsonBytes(op.value as JsonValue) <= LIMITS.largeValueBytes) return;
  refuse('value-too-large', `a value has at most ${LIMITS.largeValueBytes} bytes of JSON`);
}
