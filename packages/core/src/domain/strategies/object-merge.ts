import type { JsonValue } from '@mnemon/protocol';
import type { Version } from '../version.ts';
import { withDeletions } from './deletions.ts';
import {
  changesBetween,
  joinRegisters,
  type Registers,
  registersOf,
  withRegisters,
} from './field-registers.ts';
import { isObject } from './fields.ts';
import { laterOf } from './later.ts';
import { mergingOf } from './merging.ts';
import type { Base, Join, Meeting, Strategy } from './strategy.ts';

/** Per leaf the later write, deletions of fields included; all else is the later version's. */
export const joinObjects: Join = (a, b) =>
  isObject(a.value) && isObject(b.value)
    ? withRegisters(laterOf(a, b), joinRegisters(registersOf(a), registersOf(b)))
    : 'type-mismatch';

/**
 * A deep merge. A write counts for the fields that it changed since its writer read them, so that what one side deleted and
 * the other did not touch stays deleted. Commutative, associative, idempotent.
 */
export const objectMerge = overObjects(withDeletions(joinObjects));

/** A strategy that joins objects by what each writer changed; other values as they are. */
export function overObjects(join: Join): Strategy {
  return {
    needsBase: true,
    merge: ({ stored, arrived, base }: Meeting) => join(stored, asChange(arrived, base)),
    replace: replaceObject,
  };
}

/** What the writer did, as a version. Without knowing what it had read, all of its fields count as written. */
function asChange(arrived: Version, base: Base): Version {
  const before = base !== 'unknown' && isObject(base.value) ? base.value : undefined;
  if (isObject(arrived.value)) return withRegisters(arrived, changesBetween(before, arrived));
  return arrived.value === undefined ? withoutFields(arrived, changesBetween(before, arrived)) : arrived;
}

/** A deletion that remembers which fields it took away: a concurrent write of one of them has to compare itself with it. */
function withoutFields(deletion: Version, gone: Registers): Version {
  if (gone.size === 0) return deletion;
  const { hlc, author, clock } = deletion;
  const version = withRegisters({ hlc, author, clock }, gone);
  return { ...deletion, merging: { kind: 'hidden', version } };
}

/** The new value as it is; its fields keep the time of the write that made them what they are. */
function replaceObject(stored: Version | undefined, arrived: Version): Version {
  const held = stored && (mergingOf(stored, 'hidden')?.version ?? stored);
  if (!held || !isObject(held.value)) return arrived;
  const known = registersOf(held);
  const shown = stored.value === undefined ? undefined : held.value;
  if (arrived.value === undefined) return withoutFields(arrived, after(known, shown, arrived));
  if (!isObject(arrived.value)) return arrived;
  return { ...withRegisters(arrived, after(known, shown, arrived)), value: arrived.value };
}

function after(known: Registers, shown: JsonValue | undefined, arrived: Version): Registers {
  const registers: Registers = new Map();
  const { hlc, author } = arrived;
  // What is hidden must not come to light again when what hid it goes.
  for (const [pointer, register] of known) {
    registers.set(pointer, 'value' in register ? { hlc, author } : register);
  }
  const changes = changesBetween(shown, arrived);
  const unchanged = changesBetween(undefined, arrived);
  for (const [pointer, register] of unchanged) {
    const before = known.get(pointer);
    registers.set(
      pointer,
      changes.has(pointer) || !before ? register : { ...before, value: register.value as JsonValue },
    );
  }
  return registers;
}
