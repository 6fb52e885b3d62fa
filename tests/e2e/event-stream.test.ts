import type { MemoryEvent } from '@mnemon/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { type HttpClient, httpClient } from './http-client.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

/** Long enough for what happens in a test, short enough to see the end of one. */
const STREAM_MS = 4_000;

describe.each(engines)('the change feed over HTTP, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends, { settings: { STREAM_MS: String(STREAM_MS) } });
  });
  afterAll(() => cloud.close());

  test('answers whoever waits when something happens', async () => {
    const http = await httpClient(cloud, cloud.newSpace(), 'ann');
    const { cursor } = await page(http, 'after=head');
    const waiting = page(http, `after=${cursor}&wait=25&pattern=tasks/*`);
    await http.put('notes/1', 1);
    await http.put('tasks/1', 2);
    const { events, more } = await waiting;
    expect(events).toMatchObject([{ key: 'tasks/1', value: 2, type: 'created', seq: 2 }]);
    expect(more).toBe(false);
    expect((await http.ask('/events?after=bm9uc2Vuc2U')).status).toBe(400);
  });

  test('streams, ends after its time, and goes on from the last id without losing or repeating a commit', async () => {
    const http = await httpClient(cloud, cloud.newSpace(), 'ann');
    await http.put('a', 0);
    const first = await openStream(http, '/events/stream');
    expect(first.response.headers.get('content-type')).toBe('text/event-stream');
    const reading = readAll(first.response);
    await http.put('a', 1);
    await http.put('a', 2);
    const before = await reading;
    expect(before.events.map(({ value }) => value)).toEqual([0, 1, 2]);
    await http.put('a', 3);
    const second = await openStream(http, '/events/stream', before.lastEventId);
    expect((await readAll(second.response)).events.map(({ value }) => value)).toEqual([3]);
  });

  test('streams nothing without a token, from no cursor of this log, and of no key outside of the grants', async () => {
    const space = cloud.newSpace();
    const owner = await httpClient(cloud, space, 'owner');
    await owner.put('hidden', 'secret');
    await owner.put('public/a', 1);
    expect((await fetch(`${cloud.httpUrl}/events/stream`)).status).toBe(401);
    const foreign = Buffer.from('{"epoch":"other","seq":[1]}').toString('base64url');
    const refused = await owner.ask(`/events/stream?after=${foreign}`);
    expect([refused.status, refused.headers.get('content-type')]).toEqual([400, 'application/problem+json']);

    const grants = [{ pattern: 'public/**', access: 'read' as const }];
    const limited = await httpClient(cloud, space, 'limited', { grants });
    const { response } = await openStream(limited, '/events/stream');
    const { events, text } = await readAll(response);
    expect(events.map(({ key }) => key)).toEqual(['public/a']);
    expect(text).not.toContain('secret');
  });
});

interface Page {
  events: (MemoryEvent & { seq: number })[];
  cursor: string;
  more: boolean;
}

const page = async (http: HttpClient, query: string) =>
  (await (await http.ask(`/events?${query}`)).json()) as Page;

async function openStream(http: HttpClient, path: string, lastEventId?: string) {
  const response = await http.ask(path, lastEventId ? { headers: { 'last-event-id': lastEventId } } : {});
  expect(response.status).toBe(200);
  return { response };
}

/** Reads a stream to its end, as an event source does. */
async function readAll(response: Response) {
  const text = await response.text();
  const messages = text.split('\n\n').map((message) => message.split('\n'));
  const fieldsOf = (name: string) =>
    messages.flatMap((lines) =>
      lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2)),
    );
  const events = fieldsOf('data').map((data) => JSON.parse(data) as MemoryEvent);
  return { text, events, lastEventId: fieldsOf('id').at(-1) ?? '' };
}
