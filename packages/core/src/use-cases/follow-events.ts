import type { Identity } from '../domain/caller.ts';
import type { Pause } from '../ports/pause.ts';
import type { Ports } from '../ports/ports.ts';
import { eventsSince, type FeedPage, type FeedRequest } from './events-since.ts';
import type { Answered } from './refusal.ts';

/**
 * One page of the feed after the other: the first at once, later ones when there is news, an empty one whenever `waitMs`
 * passed without. Ends at `untilMs`, with the token, or with a refusal.
 */
export async function* followEvents(
  ports: Pick<Ports, 'log' | 'clock' | 'randomId'>,
  pause: Pause,
  identity: Identity,
  request: FeedRequest,
  untilMs: number,
): AsyncGenerator<Answered<FeedPage>, void> {
  const endMs = Math.min(untilMs, identity.tokenExpiresAtMs); // I8
  let { after } = request;
  let waitMs = 0;
  for (;;) {
    const page = await eventsSince(ports, pause, identity, { ...request, after, waitMs });
    yield page;
    const leftMs = endMs - ports.clock.now();
    if (!page.ok || leftMs <= 0) return;
    after = page.value.cursor;
    waitMs = Math.min(request.waitMs, leftMs);
  }
}
