import { LIMITS, type Metadata } from '@mnemon/protocol';
import { canonicalText } from '../commit.ts';
import type { Version } from '../version.ts';
import { withDeletions } from './deletions.ts';
import { isObject } from './fields.ts';
import { laterOf } from './later.ts';
import { joinObjects, overObjects } from './object-merge.ts';
import type { Join } from './strategy.ts';

/**
 * Objects merged per leaf, of other values the later; tags, entities and relationships united, the higher importance.
 * Commutative, associative, idempotent among objects and among other values.
 */
export const joinAll: Join = (a, b) => {
  if (isObject(a.value) !== isObject(b.value)) return 'type-mismatch';
  const merged = isObject(a.value) ? joinObjects(a, b) : laterOf(a, b);
  return typeof merged === 'string' ? merged : { ...merged, ...unitedMetadata(a, b) };
};

export const mergeAll = overObjects(withDeletions(joinAll));

function unitedMetadata(a: Version, b: Version): Metadata {
  const united: Metadata = {};
  const tags = union(a.tags, b.tags);
  const entities = union(a.entities, b.entities);
  const relationships = union(a.relationships, b.relationships);
  if (tags) united.tags = tags;
  if (entities) united.entities = entities;
  if (relationships) united.relationships = relationships;
  const important = [a.importance, b.importance].filter((each) => each !== undefined);
  if (important.length > 0) united.importance = Math.max(...important);
  return united;
}

/** In one order for everybody; of too many the first, so that it does not matter in which order they came together. */
function union<Label>(a: readonly Label[] | undefined, b: readonly Label[] | undefined): Label[] | undefined {
  if (!a && !b) return undefined;
  const byText = new Map([...(a ?? []), ...(b ?? [])].map((label) => [canonicalText(label), label]));
  const inOrder = [...byText].sort(([one], [other]) => (one < other ? -1 : 1));
  return inOrder.slice(0, LIMITS.labels).map(([, label]) => label);
}
