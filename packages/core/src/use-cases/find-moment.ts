import { type Cursor, type Moment, type SpaceId, wireError } from '@mnemon/protocol';
import type { Past } from '../domain/history-page.ts';
import type { Ports } from '../ports/ports.ts';
import { newestCommit } from './newest-commit.ts';
import { type Answered, ok, refuse } from './refusal.ts';

type Log = Pick<Ports, 'log'>;
/** What the past is read from. */
export type PastPorts = Pick<Ports, 'log' | 'snapshots'>;

/**
 * Where in the log a moment is; without one, its head. A time is found by halving, in as many reads as the log's length
 * has digits in base two. Servers' clocks differ a little, so commits about that time may lie on either side.
 */
export async function findMoment(
  ports: Log & Pick<Ports, 'clock'>,
  space: SpaceId,
  head: Cursor,
  moment: Moment | undefined,
): Promise<Answered<Past>> {
  const headSeq = head.seq[0] ?? 0;
  if (!moment) return ok({ seq: headSeq, timeMs: ports.clock.now() });
  if ('timeMs' in moment) {
    const seq = await newestBy(ports, space, headSeq, moment.timeMs);
    return seq === undefined ? refuse(tooOld()) : ok({ seq, timeMs: moment.timeMs });
  }
  const { epoch, seq } = moment.cursor;
  const [at = 0] = seq;
  if (epoch !== head.epoch || seq.length !== head.seq.length || at > headSeq) return refuse(foreignCursor());
  if (at === 0) return ok({ seq: 0, timeMs: 0 });
  // Of the commit that the log begins after, only the next one is left to tell the time.
  const [found] = await ports.log.commits({ space, partition: 0, afterSeq: at - 1, limit: 1 });
  return found ? ok({ seq: at, timeMs: found.commit.committedAtMs }) : refuse(tooOld());
}

/**
 * What `read` finds of some moments, unless one is before what the log holds, or came to be while it was read. Asked
 * last: the floor is raised before anything is taken out. Before the first commit there was nothing, for ever.
 */
export async function unlessCompacted<Value>(
  { log }: PastPorts,
  space: SpaceId,
  moments: readonly Past[],
  read: () => Promise<Value>,
): Promise<Answered<Value>> {
  const reading = await read().then(ok, (failure: unknown) => ({ failure }));
  const floor = await log.floor({ space, partition: 0 });
  if (moments.some(({ seq }) => seq > 0 && seq < floor)) return refuse(tooOld());
  if ('failure' in reading) throw reading.failure;
  return reading;
}

/** `undefined` when that is before what the log still holds. */
async function newestBy(
  ports: Log,
  space: SpaceId,
  headSeq: number,
  timeMs: number,
): Promise<number | undefined> {
  const at = { space, partition: 0 };
  const newest = await newestCommit(ports, at, headSeq, ({ committedAtMs }) => committedAtMs <= timeMs);
  if (newest) return newest.seq;
  const [first] = await ports.log.commits({ ...at, afterSeq: 0, limit: 1 });
  return !first || first.commit.seq === 1 ? 0 : undefined;
}

export const foreignCursor = () => wireError('bad-cursor', 'this cursor is not of this log');
export const foreignPage = () => wireError('bad-cursor', 'this page was not given out by this service');
export const tooOld = () => wireError('too-old', 'the log no longer reaches back so far');
