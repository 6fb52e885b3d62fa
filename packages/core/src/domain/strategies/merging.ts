import type { Version } from '../version.ts';
import type { FieldStamps } from './field-registers.ts';
import type { Stamp } from './later.ts';
import type { ItemDots } from './set-items.ts';

/** What a strategy keeps beside the value. */
export type Merging =
  /** array-merge: from which write each run of items came first. */
  | { kind: 'origins'; origins: readonly (Stamp & { count: number })[] }
  /** object-merge, merge-all: when each field was written last, or deleted. */
  | ({ kind: 'fields' } & FieldStamps)
  /** set: the additions that each item stands for. */
  | ({ kind: 'dots' } & ItemDots)
  /** In a tombstone: what a later concurrent write is still merged with. */
  | { kind: 'hidden'; version: Version };

/** What `version` carries of that kind; a policy may have changed since another kind was made. */
export function mergingOf<Kind extends Merging['kind']>(
  version: Version,
  kind: Kind,
): Extract<Merging, { kind: Kind }> | undefined {
  const merging = version.merging as Merging | undefined;
  return merging?.kind === kind ? (merging as Extract<Merging, { kind: Kind }>) : undefined;
}

/** `version` with that beside its value, or with nothing. */
export function withMerging(version: Version, merging: Merging | undefined): Version {
  const { merging: _, ...rest } = version;
  return merging ? { ...rest, merging } : rest;
}
