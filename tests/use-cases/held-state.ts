import type { CaughtUpPayload, Delivery, JsonValue } from '@mnemon/protocol';
import { AT, type World } from './world.ts';

/** What a reader holds: the version of each key that is there. */
export type Held = Map<string, { seq: number; value?: JsonValue }>;

/** Applies commits like a reader does; parts of one commit count as one. */
export function applyTo(held: Held, commits: readonly Delivery[]): void {
  for (const { seq, events } of commits) {
    for (const { key, value } of events) {
      if ((held.get(key)?.seq ?? 0) < seq) held.set(key, value === undefined ? { seq } : { seq, value });
    }
  }
}

export const valuesIn = (held: Held): Record<string, JsonValue> =>
  Object.fromEntries(
    [...held].flatMap(([key, { value }]) => (value === undefined ? [] : [[key, value] as const])),
  );

/** What the store holds at last. */
export async function truth({ ports }: World): Promise<Record<string, JsonValue>> {
  const entries = await ports.log.entries({ ...AT, afterKey: undefined, limit: 100_000 });
  return Object.fromEntries(entries.map(({ key, value }) => [key, value as JsonValue]));
}

export type LogPage = Extract<CaughtUpPayload, { recovered: true }>;
export type StatePage = Extract<CaughtUpPayload, { recovered: false }>;

export const asLog = (payload: CaughtUpPayload | undefined): LogPage => {
  if (!payload?.recovered) throw new Error(`no log, but ${payload?.reason ?? 'nothing'}`);
  return payload;
};
export const asState = (payload: CaughtUpPayload | undefined): StatePage => {
  if (!payload || payload.recovered) throw new Error('no state');
  return payload;
};
