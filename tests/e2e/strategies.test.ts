import type { JsonValue, Mnemon, WriteOptions } from '@mnemon/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

type Put = [value: JsonValue, options?: WriteOptions];

/** What two write at once, and what may come of it, whichever arrives first. */
const MEETINGS: [
  strategy: NonNullable<WriteOptions['strategy']>,
  ann: Put,
  bob: Put,
  becomes: JsonValue[],
][] = [
  ['last-write-wins', ['a'], ['b'], ['a', 'b']],
  ['vector-clock', ['a'], ['b'], ['a', 'b']],
  ['custom', ['a'], ['b'], ['a', 'b']],
  ['importance', ['a', { importance: 0.9 }], ['b', { importance: 0.1 }], ['a']],
  ['max-value', [{ x: 1, y: 9 }], [{ x: 5, y: 2 }], [{ x: 5, y: 9 }]],
  [
    'array-merge',
    [['x', 'y']],
    [['y', 'z']],
    [
      ['x', 'y', 'z'],
      ['y', 'z', 'x'],
    ],
  ],
  ['object-merge', [{ a: { x: 1 } }], [{ a: { y: 2 }, b: 3 }], [{ a: { x: 1, y: 2 }, b: 3 }]],
  ['merge-all', [{ a: 1 }, { tags: ['s'] }], [{ b: 2 }, { tags: ['t'] }], [{ a: 1, b: 2 }]],
  ['counter', [3], [4], [7]],
  ['set', [['x', 'y']], [['z', 'y']], [['x', 'y', 'z']]],
];

describe.each(engines)('two instances at once, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  const pair = async (): Promise<[Mnemon, Mnemon]> => {
    const space = cloud.newSpace();
    const both = await Promise.all([cloud.connect(space, 'ann'), cloud.connect(space, 'bob')]);
    await Promise.all(both.map((each) => each.entries()));
    return both;
  };
  const entryOf = async (instance: Mnemon) => (await instance.entries('k'))[0];
  const leave = (both: readonly Mnemon[]) => Promise.all(both.map((each) => each.close()));

  test.each(MEETINGS)('%s: both end with the same', async (strategy, ann, bob, becomes) => {
    const [a, b] = await pair();
    await Promise.all([
      a.write('k', ann[0], { ...ann[1], strategy }),
      b.write('k', bob[0], { ...bob[1], strategy }),
    ]);
    await eventually(async () => {
      const [one, other] = [await entryOf(a), await entryOf(b)];
      expect(one).toMatchObject({ version: 2 });
      expect(one).toEqual(other);
    });
    const entry = await entryOf(a);
    expect(becomes).toContainEqual(entry?.value);
    if (strategy === 'custom')
      expect(entry?.siblings?.map(({ value }) => value).toSorted()).toEqual(['a', 'b']);
    if (strategy === 'merge-all') expect(entry?.tags).toEqual(['s', 't']);
    await leave([a, b]);
  });

  test('count without losing any change, and see their own at once', async () => {
    const [a, b] = await pair();
    const counting = [a, b].flatMap((each) => Array.from({ length: 20 }, () => each.increment('k')));
    expect(await a.read('k')).toBeGreaterThanOrEqual(20);
    await Promise.all([...counting, a.increment('k', -5)]);
    await eventually(async () => {
      expect([await a.read('k'), await b.read('k')]).toEqual([35, 35]);
    });
    await expect(a.addTo('k', 'x')).rejects.toMatchObject({ code: 'bad-value' });
    await leave([a, b]);
  });

  test('share a set: a removal takes back what was seen, and an addition beside it stays', async () => {
    const [a, b] = await pair();
    await Promise.all([a.addTo('k', 'x', 'y'), b.addTo('k', 'z')]);
    await eventually(async () => expect(await b.read('k')).toEqual(['x', 'y', 'z']));
    await Promise.all([b.removeFrom('k', 'x'), a.addTo('k', 'w')]);
    await eventually(async () => {
      expect(await a.read('k')).toEqual(['w', 'y', 'z']);
      expect(await b.read('k')).toEqual(['w', 'y', 'z']);
    });
    await leave([a, b]);
  });

  test('what is said of a value is with its entry', async () => {
    const [a, b] = await pair();
    const relationships = [{ from: 'ann', type: 'likes', to: 'tea' }];
    await a.write('k', 1, { tags: ['t'], entities: ['ann'], importance: 0.5, relationships, ttlMs: 60_000 });
    await eventually(async () => {
      const entry = await entryOf(b);
      expect(entry).toMatchObject({ tags: ['t'], entities: ['ann'], importance: 0.5, relationships });
      expect(entry?.expiresAtMs).toBeGreaterThan(Date.now());
    });
    await expect(a.write('k', 1, { tags: [''] })).rejects.toMatchObject({ code: 'bad-request' });
    await leave([a, b]);
  });
});
