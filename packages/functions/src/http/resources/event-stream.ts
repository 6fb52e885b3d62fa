import { z } from '@hono/zod-openapi';
import { followEvents } from '@mnemon/core';
import type { HttpApp } from '../../compose.ts';
import { type Api, addRoute } from '../api.ts';
import { toServerSentEvents } from '../event-stream.ts';
import { feedQuery, readFeedQuery } from '../feed-query.ts';
import { problem } from '../problem.ts';

/** How often a stream without news shows that it is alive. */
const QUIET_MS = 15_000;

/** A stream ends after a while; whoever reads it comes back with `Last-Event-ID`, as event sources do by themselves. */
export function addEventStream(api: Api, app: HttpApp): void {
  addRoute(
    api,
    {
      method: 'get',
      path: '/events/stream',
      tags: ['events'],
      summary: 'The change feed as server-sent events',
      request: { query: feedQuery, headers: z.object({ 'last-event-id': z.string().max(2048).optional() }) },
      responses: {
        200: { description: 'A stream.', content: { 'text/event-stream': { schema: z.string() } } },
      },
    },
    async (c) => {
      const request = readFeedQuery(c.req.valid('query'), QUIET_MS, c.req.valid('header')['last-event-id']);
      if (!request.ok) return problem(c, request.error);
      const { ports, pause, settings } = app;
      const untilMs = ports.clock.now() + settings.STREAM_MS;
      const pages = followEvents(ports, pause, c.get('identity'), request.value, untilMs);
      const first = await pages.next();
      if (first.value?.ok === false) return problem(c, first.value.error);
      return c.body(encoded(first, pages), 200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
      });
    },
  );
}

type Pages = ReturnType<typeof followEvents>;

function encoded(first: Awaited<ReturnType<Pages['next']>>, pages: Pages): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let waiting: typeof first | undefined = first;
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = waiting ?? (await pages.next());
      waiting = undefined;
      if (done) controller.close();
      else controller.enqueue(encoder.encode(toServerSentEvents(value)));
    },
    async cancel() {
      await pages.return();
    },
  });
}
