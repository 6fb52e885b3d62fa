import { type JsonValue, utf8Length } from '@mnemon/protocol';
import { canonicalText } from '../commit.ts';
import type { Version } from '../version.ts';
import { leavesOf, objectOf } from './fields.ts';
import { compareStamps, laterOf, type Stamp } from './later.ts';
import { mergingOf, withMerging } from './merging.ts';

/** A field as it was last written; without `value`, deleted. */
export interface Register extends Stamp {
  value?: JsonValue;
}
export type Registers = Map<string, Register>;

/** What of an object's registers its value does not tell. */
export interface FieldStamps {
  /** When the fields that are not listed were written. */
  since: Stamp;
  /** By JSON pointer: written at another time, deleted, or (`value`) hidden by a later write above or below it. */
  fields: { readonly [pointer: string]: Register };
}

/** Beyond this, what was written earliest is forgotten: it then counts as written when the last forgotten one was. */
const FIELDS_BYTES = 16 * 1024;

const stampOf = ({ hlc, author }: Stamp): Stamp => ({ hlc, author });

/** The registers of a version whose value is an object. */
export function registersOf(version: Version): Registers {
  const stamps = mergingOf(version, 'fields');
  const since = stamps?.since ?? stampOf(version);
  const registers: Registers = new Map(Object.entries(stamps?.fields ?? {}));
  for (const [pointer, value] of leavesOf(version.value ?? {})) {
    registers.set(pointer, { ...stampOf(registers.get(pointer) ?? since), value });
  }
  return registers;
}

/** Of each field the later write. Commutative, associative, idempotent, as each register is. */
export function joinRegisters(a: Registers, b: Registers): Registers {
  const joined = new Map(a);
  for (const [pointer, register] of b) {
    const other = joined.get(pointer);
    joined.set(pointer, other ? laterOf(other, register) : register);
  }
  return joined;
}

/** `version` with the object that the registers make, and beside it what that does not tell. */
export function withRegisters(version: Version, registers: Registers): Version {
  const inOrder = [...registers].sort(([p, a], [q, b]) => compareStamps(a, b) || (p < q ? -1 : 1));
  const value = objectOf(
    inOrder.flatMap(([p, register]) => ('value' in register ? [[p, register.value as JsonValue]] : [])),
  );
  const leaves = leavesOf(value);
  const isShown = ([pointer, register]: [string, Register]) => 'value' in register && leaves.has(pointer);
  const since = stampOf(inOrder.find(isShown)?.[1] ?? version);
  const told = inOrder.filter((entry) => !isShown(entry) || compareStamps(entry[1], since) !== 0);
  const listed = told.map((entry): [string, Register] =>
    isShown(entry) ? [entry[0], stampOf(entry[1])] : entry,
  );
  const isTold = listed.length === 0 && compareStamps(since, version) === 0;
  const merging = isTold ? undefined : ({ kind: 'fields', ...bounded(since, listed) } as const);
  return withMerging({ ...version, value }, merging);
}

function bounded(since: Stamp, listed: readonly [string, Register][]): FieldStamps {
  let roomBytes = FIELDS_BYTES;
  let kept = listed.length;
  while (kept > 0) {
    roomBytes -= utf8Length(JSON.stringify(listed[kept - 1]));
    if (roomBytes < 0) break;
    kept -= 1;
  }
  const forgotten = kept > 0 ? stampOf((listed[kept - 1] as [string, Register])[1]) : since;
  return { since: laterOf(since, forgotten), fields: Object.fromEntries(listed.slice(kept)) };
}

/** What a writer has done to the object that it had read: the fields that it wrote, and those that it took away. */
export function changesBetween(before: JsonValue | undefined, version: Version): Registers {
  const old = before === undefined ? new Map<string, JsonValue>() : leavesOf(before);
  const leaves = version.value === undefined ? new Map<string, JsonValue>() : leavesOf(version.value);
  const stamp = stampOf(version);
  const changes: Registers = new Map();
  for (const [pointer, value] of leaves) {
    if (!isSame(old.get(pointer), value)) changes.set(pointer, { ...stamp, value });
  }
  for (const pointer of old.keys()) if (!leaves.has(pointer)) changes.set(pointer, stamp);
  return changes;
}

const isSame = (a: JsonValue | undefined, b: JsonValue): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && canonicalText(a) === canonicalText(b));
