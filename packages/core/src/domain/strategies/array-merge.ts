import type { JsonValue } from '@mnemon/protocol';
import { canonicalText } from '../commit.ts';
import type { Version } from '../version.ts';
import { withDeletions } from './deletions.ts';
import { compareStamps, laterOf, type Stamp } from './later.ts';
import { mergingOf, withMerging } from './merging.ts';
import type { Join } from './strategy.ts';

/** Beyond this, the earliest count as written together: order among three or more late writes may then depend on arrival. */
const MAX_ORIGINS = 64;

/**
 * The union without duplicates by deep equality, each item where its earliest write has it: first the earlier array, then
 * what the later one adds. All else is the later version's. Commutative, associative, idempotent, because a merged array
 * remembers which write each item came from.
 */
export const arrayMerge: Join = withDeletions((a, b) => {
  if (!Array.isArray(a.value) || !Array.isArray(b.value)) return 'type-mismatch';
  const items = new Map<string, Item>();
  for (const item of [...itemsOf(a), ...itemsOf(b)]) {
    const known = items.get(item.text);
    if (!known || compareStamps(item.origin, known.origin) < 0) items.set(item.text, item);
  }
  return arrayOf(laterOf(a, b), [...items.values()]);
});

interface Item {
  value: JsonValue;
  text: string;
  origin: Stamp;
  /** In its origin's array, as far as that still shows. */
  place: number;
}

function itemsOf(version: Version): Item[] {
  const origins = mergingOf(version, 'origins')?.origins;
  const values = version.value as readonly JsonValue[];
  const stamps = origins?.flatMap(({ count, ...origin }) => Array<Stamp>(count).fill(origin));
  return values.map((value, place) => ({
    value,
    text: canonicalText(value),
    origin: stamps?.[place] ?? version,
    place,
  }));
}

function arrayOf(later: Version, items: Item[]): Version {
  // Items of one origin are in the same order wherever they are found together.
  items.sort((a, b) => compareStamps(a.origin, b.origin) || a.place - b.place);
  const origins: (Stamp & { count: number })[] = [];
  for (const { origin } of items) {
    const last = origins.at(-1);
    if (last && compareStamps(last, origin) === 0) last.count += 1;
    else origins.push({ hlc: origin.hlc, author: origin.author, count: 1 });
  }
  while (origins.length > MAX_ORIGINS) {
    const [first, second] = origins.splice(0, 2) as [Stamp & { count: number }, Stamp & { count: number }];
    origins.unshift({ ...second, count: first.count + second.count });
  }
  const value = items.map((item) => item.value);
  const isAllItsOwn = origins.every((origin) => compareStamps(origin, later) === 0);
  return withMerging({ ...later, value }, isAllItsOwn ? undefined : { kind: 'origins', origins });
}
