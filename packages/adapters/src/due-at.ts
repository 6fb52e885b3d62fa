import type { Entry } from '@mnemon/protocol';

/** When an entry has to go: at the end of its lifetime; a tombstone counts from its hybrid time, unless it is in conflict. */
export function dueAtMs({ value, siblings, hlc, expiresAtMs }: Entry): number | undefined {
  if (value !== undefined) return expiresAtMs;
  return siblings ? undefined : hlc.wallMs;
}
