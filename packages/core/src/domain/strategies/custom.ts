import { includes, LIMITS, type Sibling } from '@mnemon/protocol';
import type { Version } from '../version.ts';
import { compareStamps, laterOf } from './later.ts';
import type { Meeting, Strategy } from './strategy.ts';

/**
 * Keeps all concurrent versions, the latest shown, the others beside it, until a write that has seen them replaces them. Of
 * more than eight the earliest go; the records of their conflicts still have them.
 */
export const custom: Strategy = { merge };

function merge({ stored, arrived, seen }: Meeting): Version {
  const standing = siblingsOf(stored).filter(({ clock }) => !includes(seen, clock));
  const siblings = [...standing, ...siblingsOf(arrived)]
    .sort((a, b) => compareStamps(b, a))
    .slice(0, LIMITS.siblings);
  const latest = siblings[0] as Sibling;
  const { expiresAtMs } = laterOf(stored, arrived);
  const shown: Version = { ...latest, ...(expiresAtMs !== undefined && { expiresAtMs }) };
  const isSettled = siblings.length === 1 || siblings.every(({ value }) => value === undefined);
  return isSettled ? shown : { ...shown, siblings };
}

function siblingsOf(version: Version): readonly Sibling[] {
  if (version.siblings) return version.siblings;
  const { expiresAtMs: _, siblings: __, merging: ___, clock, hlc, author, ...content } = version;
  const { value, tags, importance, entities, relationships } = content;
  return [
    {
      clock,
      hlc,
      author,
      ...(value !== undefined && { value }),
      ...(tags && { tags }),
      ...(importance !== undefined && { importance }),
      ...(entities && { entities }),
      ...(relationships && { relationships }),
    },
  ];
}
