import { allows, type Cursor, type MemoryEvent, matches, utf8Length, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { SealedCommit } from '../domain/commit.ts';
import { shown } from '../domain/shown.ts';
import type { Pause } from '../ports/pause.ts';
import type { Ports } from '../ports/ports.ts';
import { type Answered, ok, refuse } from './refusal.ts';

/** An event as the change feed tells it. */
export interface FeedEvent extends MemoryEvent {
  partition: number;
  seq: number;
  committedAtMs: number;
}

export interface FeedPage {
  events: readonly FeedEvent[];
  /** Where the next page begins; further on even when nothing was found. */
  cursor: Cursor;
  /** Whether the log goes on already. */
  more: boolean;
}

export interface FeedRequest {
  /** Left out: from the first commit on. `head`: what comes from now on. */
  after?: Cursor | 'head' | undefined;
  pattern?: string | undefined;
  /** How long to wait for the first event. */
  waitMs: number;
}

type FeedPorts = Pick<Ports, 'log' | 'clock' | 'randomId'>;

const PAGE_EVENTS = 500;
const PAGE_BYTES = 1024 * 1024;
const COMMITS_PER_READ = 200;
/** A page looks at no more commits than this: whoever asks for a rare key is answered in time, too. */
const PAGE_COMMITS = 2_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/**
 * The change feed: the events after a cursor that the caller may read, in the log's order, whole commits at a time (I8,
 * I10). With `waitMs`, an empty answer comes no sooner. Refuses with `bad-cursor` where the log does not go on from
 * there: whoever follows then begins anew from the entries (I5).
 */
export async function eventsSince(
  ports: FeedPorts,
  pause: Pause,
  identity: Identity,
  { after, pattern = '**', waitMs }: FeedRequest,
): Promise<Answered<FeedPage>> {
  // I8: nobody waits beyond the end of a token.
  const untilMs = Math.min(ports.clock.now() + waitMs, identity.tokenExpiresAtMs);
  let head = await headOf(ports, identity);
  let cursor = after === 'head' ? head : (after ?? { ...head, seq: head.seq.map(() => 0) });
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const problem = cursorProblem(cursor, head);
    if (problem) return refuse(problem);
    const page = await readPage(ports, identity, pattern, cursor, head);
    if (!page)
      return refuse(wireError('bad-cursor', 'the log before this was compacted', reason('compacted')));
    cursor = page.cursor;
    const leftMs = untilMs - ports.clock.now();
    if (page.events.length > 0 || page.more || leftMs <= 0) return ok(page);
    await pause(Math.min(pauseMs, leftMs));
    head = await headOf(ports, identity);
  }
}

async function headOf({ log, randomId }: FeedPorts, { space }: Identity): Promise<Cursor> {
  const head = await log.head(space);
  return head ?? { epoch: await log.open(space, randomId()), seq: [0] };
}

const reason = (reason: string) => ({ details: { reason } });

function cursorProblem(cursor: Cursor, head: Cursor) {
  if (cursor.epoch !== head.epoch || cursor.seq.length !== head.seq.length) {
    return wireError('bad-cursor', 'the cursor is of another log', reason('other-epoch'));
  }
  return (cursor.seq[0] ?? 0) > (head.seq[0] ?? 0)
    ? wireError('bad-cursor', 'the cursor is past the head', reason('past-head'))
    : undefined;
}

/** `undefined` when commits after the cursor are there no more. */
async function readPage(
  { log }: FeedPorts,
  { space, grants }: Identity,
  pattern: string,
  from: Cursor,
  head: Cursor,
): Promise<FeedPage | undefined> {
  const headSeq = head.seq[0] ?? 0;
  const events: FeedEvent[] = [];
  let sizeBytes = 0;
  let seq = from.seq[0] ?? 0;
  const lastSeq = Math.min(headSeq, seq + PAGE_COMMITS);
  const isFull = () => events.length >= PAGE_EVENTS || sizeBytes >= PAGE_BYTES;
  while (seq < lastSeq && !isFull()) {
    const read = await log.commits({ space, partition: 0, afterSeq: seq, limit: COMMITS_PER_READ });
    for (const { commit, text } of read) {
      if (commit.seq !== seq + 1) return undefined; // I5
      if (isFull()) break;
      const visible = commit.events.filter(({ key }) => matches(pattern, key) && allows(grants, 'read', key));
      if (visible.length > 0) sizeBytes += utf8Length(text);
      events.push(...visible.map((event) => feedEvent(event, commit)));
      seq = commit.seq;
    }
    if (read.length === 0) return undefined;
  }
  return { events, cursor: { epoch: head.epoch, seq: [seq] }, more: seq < headSeq };
}

const feedEvent = (
  event: MemoryEvent,
  { partition, seq, committedAtMs }: SealedCommit['commit'],
): FeedEvent => ({
  ...shown(event),
  partition,
  seq,
  committedAtMs,
});
