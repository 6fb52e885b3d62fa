import { type CaughtUpPayload, type Cursor, LIMITS, type Subscribe, wireError } from '@mnemon/protocol';
import type { Caller } from '../domain/caller.ts';
import { DELIVERY_BYTES, sizeOf } from '../domain/split-delivery.ts';
import { readableTopics } from '../domain/topics.ts';
import type { Ports } from '../ports/ports.ts';
import { firstPage } from './catch-up.ts';
import { notConnected } from './heartbeat.ts';
import { logPage, type Reading } from './log-page.ts';
import { type Answered, ok, overtaken, refuse } from './refusal.ts';
import { statePage } from './state-page.ts';

/**
 * Adds patterns to a connection. Answers the state of their topics and, to who has a cursor, the log of the others, both up
 * to one head: a commit after it is posted to the connection with all its topics, one before it is in the answer (I4).
 */
export async function subscribe(
  ports: Ports,
  caller: Caller,
  { patterns, cursor, change }: Subscribe['payload'],
): Promise<Answered<CaughtUpPayload>> {
  // 1. The row first: nothing falls between it and what is read below.
  const changed = await ports.connections.changeSubscriptions(caller, { add: patterns, number: change });
  if (!changed) return refuse(notConnected());
  if (changed === 'overtaken') return refuse(overtaken());
  const { before, after } = changed;
  if (after.length > LIMITS.patternsPerConnection) {
    const added = patterns.filter((pattern) => !before.includes(pattern));
    await ports.connections.changeSubscriptions(caller, { remove: added });
    const message = `a connection has at most ${LIMITS.patternsPerConnection} patterns`;
    return refuse(wireError('bad-request', message));
  }
  // 2. Record the head.
  const head = await ports.log.head(caller.space);
  if (!head) return refuse(notConnected());
  // 3. Read the state of the new topics, and what fits beside it of the others' log.
  const reason = cursor ? 'subscribed' : 'no-cursor';
  const topics = readableTopics(patterns, caller.grants);
  const state = await statePage({ ports, caller, topics }, { of: 'state', cursor: head, reason });
  const kept = before.filter((pattern) => !patterns.includes(pattern));
  const others = { ports, caller, topics: readableTopics(kept, caller.grants), head };
  const commits = cursor && (await missedOf(others, cursor, DELIVERY_BYTES - sizeOf(state)));
  return ok({ ...state, ...(commits && { commits }) });
}

/** All that follows the cursor, if it is there and fits. */
async function missedOf(reading: Reading, cursor: Cursor, roomBytes: number) {
  const page = await firstPage(reading, cursor);
  const log = page.of === 'log' ? await logPage(reading, page, roomBytes) : undefined;
  const isAll = log && log.page === undefined && sizeOf(log.commits) <= roomBytes;
  return isAll ? log.commits : undefined;
}
