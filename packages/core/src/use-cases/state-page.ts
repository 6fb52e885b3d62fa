import { allows, type CaughtUpPayload, type Entry, isLive, isWithin } from '@mnemon/protocol';
import { encodePage, type StatePage } from '../domain/page-token.ts';
import { shown } from '../domain/shown.ts';
import { DELIVERY_BYTES, sizeOf } from '../domain/split-delivery.ts';
import type { Reading } from './log-page.ts';
import { readInSteps } from './read-in-steps.ts';

/** Beyond this many, however few of them the reader may see, a page with something on it is given. */
const ENTRIES_PER_PAGE = 1_000;

/** Entries of the reader's topics, some unless there are no more: the page's token names the last of them (I8). */
export async function statePage(
  { ports, caller, topics }: Pick<Reading, 'ports' | 'caller' | 'topics'>,
  page: StatePage,
): Promise<CaughtUpPayload & { recovered: false }> {
  const { cursor, reason } = page;
  const entries: Entry[] = [];
  const nowMs = ports.clock.now();
  const answer = { recovered: false as const, reason, cursor, entries };
  let room = DELIVERY_BYTES;
  let count = 0;
  for await (const kept of entriesOf({ ports, caller, topics }, page.afterKey)) {
    const entry = shown(kept);
    count++;
    const isReadable = isLive(entry, nowMs) && allows(caller.grants, 'read', entry.key);
    if (isReadable) room -= sizeOf(entry) + 1;
    if (entries.length > 0 && (room < 0 || count > ENTRIES_PER_PAGE)) {
      return { ...answer, page: encodePage({ ...page, afterKey: entries.at(-1)?.key }) };
    }
    if (isReadable) entries.push(entry);
  }
  return answer;
}

/** Topic by topic: each is a range of keys, and what lies between them is not read. */
async function* entriesOf(
  { ports, caller, topics }: Pick<Reading, 'ports' | 'caller' | 'topics'>,
  afterKey: string | undefined,
): AsyncGenerator<Entry, void> {
  const at = { space: caller.space, partition: 0 };
  let begun = afterKey;
  for (const topic of topicsFrom(topics, afterKey)) {
    const from = begun !== undefined && isWithin(topic, begun) ? begun : undefined;
    yield* readInSteps<Entry>(
      (last, limit) => ports.log.entries({ ...at, topic, afterKey: last?.key ?? from, limit }),
      sizeOf,
    );
    begun = undefined;
  }
}

/** From the topic of `afterKey` on. A page token that another reader was given may name a key of none of them. */
function topicsFrom(topics: readonly string[], afterKey: string | undefined): readonly string[] {
  if (afterKey === undefined) return topics;
  const begun = topics.findIndex((topic) => isWithin(topic, afterKey));
  return begun < 0 ? topics.filter((topic) => topic > afterKey) : topics.slice(begun);
}
