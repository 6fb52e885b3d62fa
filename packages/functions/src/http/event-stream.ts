import type { Answered, FeedPage } from '@mnemon/core';
import { encodeCursor } from './cursor-token.ts';

/** One page of the feed as server-sent events. */
export function toServerSentEvents(page: Answered<FeedPage>): string {
  if (!page.ok) return message(['event: problem', `data: ${JSON.stringify(page.error)}`]);
  const { events, cursor } = page.value;
  if (events.length === 0) {
    // Further on without news: an id alone is remembered and calls nobody back; it also keeps the connection alive.
    return message([`id: ${encodeCursor(cursor)}`]);
  }
  return events
    .map((event, index) => {
      const { epoch } = cursor;
      // Only whole commits can be gone on from: whoever breaks off inside of one gets it again (I10).
      const isLast = events[index + 1]?.seq !== event.seq;
      const id = isLast ? [`id: ${encodeCursor({ epoch, seq: [event.seq] })}`] : [];
      return message([...id, `event: ${event.type}`, `data: ${JSON.stringify(event)}`]);
    })
    .join('');
}

const message = (lines: readonly string[]): string => `${lines.join('\n')}\n\n`;
