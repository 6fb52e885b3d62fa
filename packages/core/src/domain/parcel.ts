import { spaceIdSchema, utf8Length } from '@mnemon/protocol';
import * as z from 'zod';
import type { Post } from '../ports/fanout.ts';

/** Posts that somebody else makes: what many of them have in common is there once. */
export const parcelSchema = z.object({
  space: spaceIdSchema,
  /** What was asked for, in logs: the same as where it was handed over. */
  correlationId: z.string().optional(),
  /** The newest commit in it. */
  committedAtMs: z.number(),
  /** The frames of a post. */
  views: z.array(z.array(z.string())),
  posts: z.array(z.object({ connectionId: z.string(), view: z.int().min(0), untilMs: z.number() })),
});
export type Parcel = z.infer<typeof parcelSchema>;

/** A post that may wait a moment, and until when its recipient may read. */
export interface PatientPost extends Post {
  untilMs: number;
}

export interface Parcels<Packed extends PatientPost> {
  parcels: readonly { parcel: Parcel; posts: readonly Packed[] }[];
  /** What is too big for any. */
  unfit: readonly Packed[];
}

/** An asynchronous invocation takes 1 MB; some of it is for whoever sends it. */
const PARCEL_BYTES = 1_000_000;
/** What a post takes besides its frames: an id of API Gateway has 16 characters, one of its likes perhaps 128. */
const POST_BYTES = 200;

/** Packs posts, at most `postsEach` to a parcel, those of the same frames together. */
export function packParcels<Packed extends PatientPost>(
  of: Pick<Parcel, 'space' | 'committedAtMs'>,
  posts: readonly Packed[],
  postsEach: number,
  parcelBytes = PARCEL_BYTES,
): Parcels<Packed> {
  const parcels: { parcel: Parcel; posts: Packed[] }[] = [];
  const unfit: Packed[] = [];
  let leftBytes = 0;
  for (const [frames, ofView] of byView(posts)) {
    const viewBytes = utf8Length(JSON.stringify(frames));
    if (viewBytes + POST_BYTES > parcelBytes) {
      unfit.push(...ofView);
      continue;
    }
    let view = -1;
    for (const post of ofView) {
      let open = parcels.at(-1);
      const neededBytes = POST_BYTES + (view === -1 ? viewBytes : 0);
      if (!open || open.posts.length === postsEach || neededBytes > leftBytes) {
        open = { parcel: { ...of, views: [], posts: [] }, posts: [] };
        parcels.push(open);
        leftBytes = parcelBytes;
        view = -1;
      }
      if (view === -1) {
        view = open.parcel.views.push([...frames]) - 1;
        leftBytes -= viewBytes;
      }
      open.parcel.posts.push({ connectionId: post.connectionId, view, untilMs: post.untilMs });
      open.posts.push(post);
      leftBytes -= POST_BYTES;
    }
  }
  return { parcels, unfit };
}

/** By the very same frames: equal ones that were made twice are rare. */
function byView<Packed extends PatientPost>(
  posts: readonly Packed[],
): ReadonlyMap<readonly string[], Packed[]> {
  const views = new Map<readonly string[], Packed[]>();
  for (const post of posts) {
    const ofView = views.get(post.frames);
    if (ofView) ofView.push(post);
    else views.set(post.frames, [post]);
  }
  return views;
}
