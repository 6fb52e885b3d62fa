import type { InstanceId, JsonValue } from '@mnemon/protocol';
import fc from 'fast-check';
import { expect } from 'vitest';
import { canonicalText } from '../commit.ts';
import type { Version } from '../version.ts';
import type { Join } from './strategy.ts';

const labels = fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { minLength: 1 });
const metadata = fc.record(
  { tags: labels, entities: labels, importance: fc.constantFrom(0, 0.5, 1) },
  { requiredKeys: [] },
);

/** As many concurrent writes, no two at the same time by the same instance; each a value or a deletion. */
const writes = (value: fc.Arbitrary<JsonValue>, count: number): fc.Arbitrary<Version[]> =>
  fc
    .uniqueArray(
      fc.record({
        author: fc.constantFrom('ann', 'bob', 'cleo', 'dora') as fc.Arbitrary<InstanceId>,
        hlc: fc.record({ wallMs: fc.nat(3), counter: fc.nat(1) }),
        content: fc.oneof(
          { weight: 4, arbitrary: fc.tuple(value, metadata).map(([value, more]) => ({ ...more, value })) },
          { weight: 1, arbitrary: fc.record({ importance: fc.constantFrom(0.5, 1) }, { requiredKeys: [] }) },
        ),
      }),
      {
        minLength: count,
        maxLength: count,
        selector: ({ hlc, author }) => `${canonicalText(hlc)} ${author}`,
      },
    )
    .map((all) =>
      all.map(({ content, ...stamp }) => ({ ...stamp, ...content, clock: { [stamp.author]: 1 } })),
    );

/** A version without the clock, which no join makes: the server counts. */
const text = (version: ReturnType<Join>): string =>
  canonicalText(JSON.parse(JSON.stringify(version, (key, value) => (key === 'clock' ? undefined : value))));

/** Holds a join to what makes the order and number of meetings irrelevant, over pairs and triples, tombstones included. */
export function expectSemilattice(
  join: Join,
  value: fc.Arbitrary<JsonValue>,
  shape: (version: Version) => Version = (version) => version,
): void {
  const both = (a: ReturnType<Join>, b: ReturnType<Join>) =>
    typeof a === 'string' ? a : typeof b === 'string' ? b : join(a, b);
  const property = fc.property(writes(value, 3), (made) => {
    const [a, b, c] = made.map(shape) as [Version, Version, Version];
    expect(text(both(a, b)), 'commutative').toBe(text(both(b, a)));
    expect(text(both(both(a, b), c)), 'associative').toBe(text(both(a, both(b, c))));
    expect(text(both(both(a, c), b)), 'associative').toBe(text(both(a, both(b, c))));
    expect(text(both(both(a, b), b)), 'idempotent').toBe(text(both(a, b)));
    expect(text(both(a, a)), 'idempotent').toBe(text(a));
  });
  fc.assert(property, { numRuns: 150 });
}
