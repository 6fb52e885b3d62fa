import { type CaughtUpPayload, type Cursor, type Delivery, utf8Length } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { SealedCommit } from '../domain/commit.ts';
import { deliver } from '../domain/delivery.ts';
import { encodePage, type LogPage } from '../domain/page-token.ts';
import { DELIVERY_BYTES, sizeOf, splitDelivery } from '../domain/split-delivery.ts';
import { isEverything } from '../domain/topics.ts';
import type { Ports } from '../ports/ports.ts';
import { readInSteps } from './read-in-steps.ts';

/** However little of them is left by the reader's grants. */
const COMMITS_PER_PAGE = 200;

/** Who reads what, and how far the log reached when that began. */
export interface Reading {
  ports: Pick<Ports, 'log' | 'clock'>;
  caller: Identity;
  topics: readonly string[];
  head: Cursor;
}

/**
 * The commits of the reader's topics that follow the page's cursor, as many as fit; `undefined` where the log does not hold
 * all of them any more (I5).
 */
export async function logPage(
  reading: Reading,
  page: LogPage,
  roomBytes = DELIVERY_BYTES,
): Promise<(CaughtUpPayload & { recovered: true }) | undefined> {
  const { epoch } = reading.head;
  const afterSeq = page.cursor.seq[0] ?? 0;
  const headSeq = reading.head.seq[0] ?? 0;
  const { pieces, isLast, reachedSeq } = await gather(reading, page, afterSeq, roomBytes);
  if (!(await isWhole(reading, afterSeq, reachedSeq, isLast))) return undefined;
  const last = pieces.at(-1);
  const isCut = last?.part !== undefined && last.part.index < last.part.count - 1;
  const isComplete = !isCut && (isLast || reachedSeq >= headSeq);
  const seq = isCut ? last.seq - 1 : isComplete ? Math.max(reachedSeq, headSeq) : reachedSeq;
  const cursor = { epoch, seq: [seq] };
  const next: LogPage = { of: 'log', cursor, part: isCut ? (last.part?.index ?? 0) + 1 : 0 };
  return { recovered: true, cursor, commits: pieces, ...(!isComplete && { page: encodePage(next) }) };
}

interface Gathered {
  pieces: Delivery[];
  /** Whether there are no more. */
  isLast: boolean;
  /** The last commit of which something is here; -1 where one between is missing. */
  reachedSeq: number;
}

async function gather(
  reading: Reading,
  { part }: LogPage,
  afterSeq: number,
  roomBytes: number,
): Promise<Gathered> {
  const { caller, topics } = reading;
  const pieces: Delivery[] = [];
  let room = roomBytes;
  let reachedSeq = afterSeq;
  let count = 0;
  for await (const { commit } of commitsAfter(reading, afterSeq)) {
    if (count++ === COMMITS_PER_PAGE) return { pieces, isLast: false, reachedSeq };
    if (isEverything(topics) && commit.seq !== reachedSeq + 1)
      return { pieces, isLast: false, reachedSeq: -1 };
    // Split before `prev` is known: where it is cut must not depend on the page that it is on.
    const all = splitDelivery(deliver(commit, caller.grants, commit.seq - 1));
    for (const piece of count === 1 ? all.slice(part) : all) {
      room -= sizeOf(piece) + 1;
      if (room < 0 && pieces.length > 0) return { pieces, isLast: false, reachedSeq };
      pieces.push({ ...piece, prev: Math.min(reachedSeq, commit.seq - 1) });
    }
    reachedSeq = commit.seq;
  }
  return { pieces, isLast: true, reachedSeq };
}

function commitsAfter({ ports, caller, topics, head }: Reading, afterSeq: number) {
  const at = { space: caller.space, partition: 0, topics: isEverything(topics) ? undefined : topics };
  return readInSteps<SealedCommit>(
    async (last, limit) =>
      topics.length > 0 && afterSeq < (head.seq[0] ?? 0)
        ? ports.log.commits({ ...at, afterSeq: last?.commit.seq ?? afterSeq, limit })
        : [],
    ({ text }) => utf8Length(text),
  );
}

// I5: a range with a hole is no range. Compaction may have come between two pages.
async function isWhole(
  { ports, caller, topics, head }: Reading,
  afterSeq: number,
  reachedSeq: number,
  isLast: boolean,
): Promise<boolean> {
  if (reachedSeq < afterSeq) return false;
  if (isEverything(topics)) return !isLast || reachedSeq >= (head.seq[0] ?? 0);
  // Of some topics the hole does not show. Read after the commits: it is raised before they go.
  return topics.length === 0 || (await ports.log.floor({ space: caller.space, partition: 0 })) <= afterSeq;
}
