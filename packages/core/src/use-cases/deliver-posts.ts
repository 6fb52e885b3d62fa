import type { SpaceId } from '@mnemon/protocol';
import { type Parcel, type PatientPost, packParcels } from '../domain/parcel.ts';
import type { Connection } from '../ports/connections.ts';
import type { Post } from '../ports/fanout.ts';
import type { Ports } from '../ports/ports.ts';
import type { Relay } from '../ports/relay.ts';
import { forget } from './disconnect.ts';

/** A post to a connection that has a row. */
export interface RowPost extends PatientPost {
  row: Connection;
}

export interface Deliveries {
  space: SpaceId;
  /** The newest of the commits. */
  committedAtMs: number;
  /** Acks: their writers wait for them. */
  awaited: readonly (Post | RowPost)[];
  patient: readonly RowPost[];
}

/** Readers that are told before the writer: that one shows its value already (I9), and must not wait for many. */
const FIRST_READERS = 8;

/** Posts all, and forgets who is gone. When they are many, what nobody waits for is left to functions of its own. */
export async function deliverPosts(ports: Ports, deliveries: Deliveries): Promise<void> {
  const { space, committedAtMs, awaited, patient } = deliveries;
  const { relay } = ports;
  if (!relay || patient.length <= relay.postsEach) {
    const few = patient.slice(0, FIRST_READERS);
    await postAndPrune(ports, [...few, ...awaited, ...patient.slice(FIRST_READERS)]);
    ports.onPropagated?.(ports.clock.now() - committedAtMs);
    return;
  }
  const { parcels, unfit } = packParcels({ space, committedAtMs }, patient, relay.postsEach);
  const handed = parcels.map(async ({ parcel, posts }) => {
    if (!(await isTaken(relay, parcel))) await postAndPrune(ports, posts);
  });
  await Promise.all([postAndPrune(ports, [...awaited, ...unfit]), ...handed]);
}

/** When it may not have been taken over, it is posted from here: twice does no harm (I10). */
const isTaken = (relay: Relay, parcel: Parcel): Promise<boolean> =>
  relay.hand(parcel).then(
    () => true,
    () => false,
  );

async function postAndPrune(ports: Ports, posts: readonly (Post | RowPost)[]): Promise<void> {
  const results = await ports.fanout.post(
    posts.map(({ connectionId, frames }) => ({ connectionId, frames })),
  );
  const gone = posts.flatMap((post, index) => (results[index] === 'gone' && 'row' in post ? [post.row] : []));
  await Promise.all(gone.map((connection) => forget(ports, connection)));
}
