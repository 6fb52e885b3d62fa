import {
  allows,
  type CatchUp,
  type CaughtUpPayload,
  type Cursor,
  type Entry,
  wireError,
} from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { SealedCommit } from '../domain/commit.ts';
import { deliver } from '../domain/delivery.ts';
import { decodePage, encodePage, type Page, type StateReason } from '../domain/page-token.ts';
import { DELIVERY_BYTES, groupBySize, splitDelivery } from '../domain/split-delivery.ts';
import type { Ports } from '../ports/ports.ts';
import { notConnected } from './heartbeat.ts';
import { type Answered, ok, refuse } from './refusal.ts';

/** Whoever missed more gets the state: cheaper for both than its history. */
const LOG_COMMITS = 2_000;
const COMMITS_PER_PAGE = 200;
const ENTRIES_PER_PAGE = 500;

type StatePage = Extract<Page, { of: 'state' }>;
type LogPage = Extract<Page, { of: 'log' }>;

/**
 * A page of what a reader missed: the log from its cursor on, complete, or else the state (I5). The first page of
 * either is decided here, later ones continue it.
 */
export async function catchUp(
  ports: Ports,
  caller: Identity,
  request: { cursor?: Cursor | undefined } | Extract<CatchUp['payload'], { page: string }>,
): Promise<Answered<CaughtUpPayload>> {
  // 1. Record the head: the state below is at least as new, and the log from here on follows it.
  const head = await ports.log.head(caller.space);
  if (!head) return refuse(notConnected());
  // 2. Choose.
  const page = 'page' in request ? decodePage(request.page) : firstPage(head, request.cursor);
  if (!page) return refuse(wireError('bad-cursor', 'this page was not given out by this service'));
  // 3. Read.
  return ok(
    page.of === 'log' ? await logPage(ports, caller, head, page) : await statePage(ports, caller, page),
  );
}

function firstPage(head: Cursor, cursor: Cursor | undefined): Page {
  const reason = whyNoLog(head, cursor);
  return reason || !cursor ? statePageAt(head, reason ?? 'no-cursor') : { of: 'log', cursor, part: 0 };
}

function whyNoLog(head: Cursor, cursor: Cursor | undefined): StateReason | undefined {
  if (!cursor) return 'no-cursor';
  if (cursor.epoch !== head.epoch || cursor.seq.length !== head.seq.length) return 'other-epoch';
  const missed = head.seq.map((seq, partition) => seq - (cursor.seq[partition] ?? 0));
  if (missed.some((commits) => commits < 0)) return 'past-head';
  return missed.some((commits) => commits > LOG_COMMITS) ? 'too-far' : undefined;
}

const statePageAt = (cursor: Cursor, reason: StateReason): StatePage => ({ of: 'state', cursor, reason });

async function logPage(
  ports: Ports,
  caller: Identity,
  head: Cursor,
  page: LogPage,
): Promise<CaughtUpPayload> {
  const { space } = caller;
  const { epoch } = head;
  const afterSeq = page.cursor.seq[0] ?? 0;
  const headSeq = head.seq[0] ?? 0;
  if (page.cursor.epoch !== epoch) return statePage(ports, caller, statePageAt(head, 'other-epoch'));
  const commits =
    afterSeq < headSeq
      ? await ports.log.commits({ space, partition: 0, afterSeq, limit: COMMITS_PER_PAGE })
      : [];
  // I5: a range with a hole is no range. Compaction may have come between two pages.
  if (!isContiguous(afterSeq, commits) || (commits.length === 0 && afterSeq < headSeq)) {
    return statePage(ports, caller, statePageAt(head, 'compacted'));
  }
  const pieces = commits
    .flatMap(({ commit }) => splitDelivery(deliver(commit, caller.grants)))
    .slice(page.part);
  const fitting = groupBySize(pieces, DELIVERY_BYTES)[0] ?? [];
  const last = fitting.at(-1);
  if (!last) return { recovered: true, cursor: page.cursor, commits: [] };
  const isWhole = !last.part || last.part.index === last.part.count - 1;
  const cursor = { epoch, seq: [isWhole ? last.seq : last.seq - 1] };
  const next: LogPage = { of: 'log', cursor, part: isWhole ? 0 : (last.part?.index ?? 0) + 1 };
  const isComplete = isWhole && last.seq >= headSeq;
  return { recovered: true, cursor, commits: fitting, ...(!isComplete && { page: encodePage(next) }) };
}

const isContiguous = (afterSeq: number, commits: readonly SealedCommit[]): boolean =>
  commits.every(({ commit }, index) => commit.seq === afterSeq + 1 + index);

async function statePage(ports: Ports, caller: Identity, page: StatePage): Promise<CaughtUpPayload> {
  const { cursor, reason } = page;
  const { readable, isLast } = await nextReadable(ports, caller, page.afterKey);
  const entries = groupBySize(readable, DELIVERY_BYTES)[0] ?? [];
  const isComplete = isLast && entries.length === readable.length;
  const afterKey = entries.at(-1)?.key;
  return {
    recovered: false,
    reason,
    cursor,
    entries,
    ...(!isComplete && { page: encodePage({ ...page, afterKey }) }),
  };
}

/** Entries that the caller may read, some unless there are no more: its page token names the last of them (I8). */
async function nextReadable(
  ports: Ports,
  { space, grants }: Identity,
  afterKey: string | undefined,
): Promise<{ readable: Entry[]; isLast: boolean }> {
  let from = afterKey;
  for (;;) {
    const read = await ports.log.entries({ space, partition: 0, afterKey: from, limit: ENTRIES_PER_PAGE });
    const readable = read.filter(({ key }) => allows(grants, 'read', key));
    const isLast = read.length < ENTRIES_PER_PAGE;
    if (readable.length > 0 || isLast) return { readable, isLast };
    from = read.at(-1)?.key;
  }
}
