import { compareTimes, type JsonValue, type Sibling, type Strategy } from '@mnemon/protocol';
import { MnemonError } from '../mnemon-error.ts';
import { largerNumbers } from './larger-numbers.ts';
import { mergeFields } from './merge-fields.ts';
import { mergeItems } from './merge-items.ts';

type Content = Pick<Sibling, 'value' | 'tags' | 'importance' | 'entities' | 'relationships'>;

/** What concurrent versions became. */
export interface Resolution {
  /** What the key is to hold: one of them, or a new one. Without a `value`, nothing. */
  readonly resolved: Content;
  /** What decided. */
  readonly strategy: string;
  /** The versions that nothing is left of. */
  readonly discarded: readonly Sibling[];
}

/**
 * The engine's strategies, for versions of one key that lie side by side: what two of them become is what the engine makes
 * of two such writes without knowing what their writers had read. The latest version decides whether there is anything, and
 * has its way where the values are not of the kind that is merged. Throws `bad-request` without a version.
 *
 * @example
 * ConflictResolvers.mergeArrays(entry.siblings).resolved.value;
 */
export const ConflictResolvers = {
  lastWriteWins: (versions: readonly Sibling[]): Resolution =>
    decide(versions, 'last-write-wins', () => undefined),
  /** The union, without duplicates. */
  mergeArrays: (versions: readonly Sibling[]): Resolution => decide(versions, 'array-merge', mergeItems),
  /** The later of each field, at any depth. */
  mergeObjects: (versions: readonly Sibling[]): Resolution => decide(versions, 'object-merge', mergeFields),
  /** The larger number, or of objects of numbers the larger per field. */
  maxValue: (versions: readonly Sibling[]): Resolution => decide(versions, 'max-value', largerNumbers),
};

function decide(
  versions: readonly Sibling[],
  strategy: Strategy,
  merge: (values: readonly JsonValue[]) => JsonValue | undefined,
): Resolution {
  const inOrder = isInOrder(versions) ? versions : [...versions].sort(byTime);
  const latest = inOrder.at(-1);
  if (!latest) throw new MnemonError('bad-request', 'there is no version to resolve');
  const values: JsonValue[] = [];
  for (const { value } of inOrder) if (value !== undefined) values.push(value);
  if (latest.value === undefined || values.length === 1) return chosen(latest, inOrder, strategy);
  const value = merge(values);
  if (value === undefined) return chosen(latest, inOrder, 'last-write-wins');
  const discarded = inOrder.filter(
    (version) => version.value === undefined || isSmaller(version.value, value),
  );
  const resolved = contentOf(latest);
  resolved.value = value;
  return { resolved, strategy, discarded };
}

const chosen = (version: Sibling, all: readonly Sibling[], strategy: Strategy): Resolution => ({
  resolved: contentOf(version),
  strategy,
  discarded: all.filter((each) => each !== version),
});

const isSmaller = (value: JsonValue, largest: JsonValue): boolean =>
  typeof value === 'number' && value !== largest;

const isInOrder = (versions: readonly Sibling[]): boolean =>
  versions.every((version, at) => at === 0 || byTime(versions[at - 1] as Sibling, version) <= 0);

const byTime = (a: Sibling, b: Sibling): number =>
  compareTimes(a.hlc, b.hlc) || (a.author === b.author ? 0 : a.author > b.author ? 1 : -1);

function contentOf({ clock: _, hlc: __, author: ___, ...content }: Sibling): Content {
  return content;
}
