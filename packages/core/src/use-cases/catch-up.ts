import { type CatchUp, type CaughtUpPayload, type Cursor, EVERYTHING, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { decodePage, type Page, type StatePage, type StateReason } from '../domain/page-token.ts';
import { isEverything, readableTopics } from '../domain/topics.ts';
import type { Ports } from '../ports/ports.ts';
import { notConnected } from './heartbeat.ts';
import { logPage, type Reading } from './log-page.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { statePage } from './state-page.ts';

/** Whoever missed more of its topics gets the state: cheaper for both than its history. */
export const LOG_COMMITS = 2_000;

/** What a reader asks: from where on, or which page; of which patterns, everything if left out. */
export type CatchUpRequest =
  | { cursor?: Cursor | undefined; patterns?: readonly string[] | undefined }
  | Extract<CatchUp['payload'], { page: string }>;

/**
 * A page of what a reader missed of its topics: the log from its cursor on, complete, or else the state (I5). The first
 * page of either is decided here, later ones continue it.
 */
export async function catchUp(
  ports: Pick<Ports, 'log' | 'clock'>,
  caller: Identity,
  request: CatchUpRequest,
): Promise<Answered<CaughtUpPayload>> {
  // 1. Record the head: the state below is at least as new, and the log from here on follows it.
  const head = await ports.log.head(caller.space);
  if (!head) return refuse(notConnected());
  // 2. Choose.
  const topics = readableTopics(request.patterns ?? [EVERYTHING], caller.grants);
  const reading = { ports, caller, topics, head };
  const page = 'page' in request ? decodePage(request.page) : await firstPage(reading, request.cursor);
  if (!page) return refuse(wireError('bad-cursor', 'this page was not given out by this service'));
  // 3. Read.
  return ok(await readPage(reading, page));
}

export async function firstPage(reading: Reading, cursor: Cursor | undefined): Promise<Page> {
  const reason = await whyNoLog(reading, cursor);
  return reason || !cursor
    ? statePageAt(reading.head, reason ?? 'no-cursor')
    : { of: 'log', cursor, part: 0 };
}

async function whyNoLog(reading: Reading, cursor: Cursor | undefined): Promise<StateReason | undefined> {
  const { head } = reading;
  if (!cursor) return 'no-cursor';
  if (cursor.epoch !== head.epoch || cursor.seq.length !== head.seq.length) return 'other-epoch';
  const missed = head.seq.map((seq, partition) => seq - (cursor.seq[partition] ?? 0));
  if (missed.some((commits) => commits < 0)) return 'past-head';
  const isFar = missed.some((commits) => commits > LOG_COMMITS);
  return isFar && (await concernsTooMany(reading, cursor.seq[0] ?? 0)) ? 'too-far' : undefined;
}

/** Whether so many commits after `afterSeq` are of the reader's topics; counts no further. */
async function concernsTooMany({ ports, caller, topics }: Reading, afterSeq: number): Promise<boolean> {
  if (topics.length === 0 || isEverything(topics)) return topics.length > 0;
  const at = { space: caller.space, partition: 0 };
  return (await ports.log.countOf({ ...at, topics, afterSeq, limit: LOG_COMMITS + 1 })) > LOG_COMMITS;
}

const statePageAt = (cursor: Cursor, reason: StateReason): StatePage => ({ of: 'state', cursor, reason });

export async function readPage(reading: Reading, page: Page): Promise<CaughtUpPayload> {
  const { head } = reading;
  if (page.of === 'state') return statePage(reading, page);
  if (page.cursor.epoch !== head.epoch) return statePage(reading, statePageAt(head, 'other-epoch'));
  return (await logPage(reading, page)) ?? statePage(reading, statePageAt(head, 'compacted'));
}
