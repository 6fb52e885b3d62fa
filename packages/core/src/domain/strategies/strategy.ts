import type { JsonValue, VectorClock } from '@mnemon/protocol';
import type { Version } from '../version.ts';

/** Why a strategy could not do what it is for; last-write-wins then decides, and the conflict's record says so. */
export type Fallback = 'type-mismatch' | 'base-unknown';

/**
 * What the writer had read before it wrote: nothing (`{}`), a value, or, when the log does not tell any more, who knows.
 */
export type Base = { value?: JsonValue | undefined } | 'unknown';

/** A write that did not know of the version that is stored. */
export interface Meeting {
  stored: Version;
  /** Its clock has one counter: the writer's own. */
  arrived: Version;
  /** Always `unknown` for a strategy that needs none. */
  base: Base;
  /** What the writer has seen; its own writes always. */
  seen: VectorClock;
}

/** A strategy: pure rules that any two servers apply alike. */
export interface Strategy {
  /** The one version that both become. One of the two as it is, where that one has simply won. */
  merge(meeting: Meeting): Version | Fallback;
  /** What `arrived` becomes on top of a version that its writer has seen. Left out: itself. */
  replace?(stored: Version | undefined, arrived: Version): Version;
  /** Whether `merge` asks what the writer had read. */
  needsBase?: boolean;
}

/** A merge of two versions that holds for any two, in whatever order, however often. */
export type Join = (a: Version, b: Version) => Version | Fallback;

export const fromJoin = (join: Join): Strategy => ({ merge: ({ stored, arrived }) => join(stored, arrived) });
