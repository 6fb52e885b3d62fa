import type { SpaceId } from '@mnemon/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packParcels, parcelSchema } from './parcel.ts';

const OF = { space: 'team' as SpaceId, committedAtMs: 1 };
const PARCEL_BYTES = 2_000;

const views = fc.array(
  fc.array(fc.string({ unit: 'binary', maxLength: 300, size: 'max' }), { maxLength: 4 }),
  {
    minLength: 1,
    maxLength: 5,
  },
);
const posts = fc.tuple(views, fc.array(fc.nat(), { maxLength: 60, size: 'max' })).map(([frames, picks]) =>
  picks.map((pick, n) => ({
    connectionId: `connection-${n}=`,
    frames: frames[pick % frames.length] ?? [],
    untilMs: n,
  })),
);

test('each post is in one parcel, with its frames, or fits none; no parcel is too big or has too many', () => {
  fc.assert(
    fc.property(posts, fc.integer({ min: 1, max: 10 }), (given, postsEach) => {
      const { parcels, unfit } = packParcels(OF, given, postsEach, PARCEL_BYTES);
      const packed = parcels.flatMap(({ parcel, posts: sources }) => {
        expect(Buffer.byteLength(JSON.stringify(parcel))).toBeLessThan(PARCEL_BYTES + 100);
        expect(parcel.posts.length).toBeLessThanOrEqual(postsEach);
        expect(parcelSchema.parse(JSON.parse(JSON.stringify(parcel)))).toEqual(parcel);
        expect(sources.map(({ connectionId }) => connectionId)).toEqual(
          parcel.posts.map(({ connectionId }) => connectionId),
        );
        return parcel.posts.map(({ view, ...post }) => ({ ...post, frames: parcel.views[view] }));
      });
      const all = [...packed, ...unfit].sort((a, b) => a.untilMs - b.untilMs);
      expect(all).toEqual(given);
      for (const { frames } of unfit) expect(JSON.stringify(frames).length).toBeGreaterThan(500);
    }),
  );
});

test('posts of the same frames share them, and parcels are filled', () => {
  const [one, other] = [['one'], ['other']];
  const given = Array.from({ length: 20 }, (_, n) => ({
    connectionId: `${n}`,
    frames: n % 2 === 0 ? one : other,
    untilMs: 0,
  }));
  const { parcels, unfit } = packParcels(OF, given, 15);
  expect(unfit).toEqual([]);
  expect(parcels.map(({ parcel }) => [parcel.posts.length, parcel.views])).toEqual([
    [15, [one, other]],
    [5, [other]],
  ]);
});
