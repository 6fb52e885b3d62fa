import type { Read } from '@mnemon/protocol';
import { createFakeClock } from '@mnemon/testing/fake-clock';
import { expect, test } from 'vitest';
import { MnemonError } from '../mnemon-error.ts';
import { createServerReads, MAX_READS, READ_TIMEOUT_MS } from './server-reads.ts';

const PAGE = { entries: [], page: 'next' };

function setUp() {
  const clock = createFakeClock();
  const sent: [id: string, question: Read['payload']][] = [];
  const reads = createServerReads(
    { clock },
    (_, question, id) => sent.push([id, question as Read['payload']]),
    () => {},
  );
  return { clock, sent, reads };
}

test('each question gets its own answer, in whatever order they come', async () => {
  const { sent, reads } = setUp();
  const [first, second] = [reads.ask('read', { get: 'a' }), reads.ask('read', { search: { text: 'b' } })];
  expect(sent.map(([, question]) => question)).toEqual([{ get: 'a' }, { search: { text: 'b' } }]);
  reads.answered(sent[1]?.[0] ?? '', PAGE);
  expect(await second).toEqual(PAGE);
  expect(reads.failed(sent[0]?.[0] ?? '', { code: 'forbidden', message: 'no', retryable: false })).toBe(true);
  await expect(first).rejects.toMatchObject({ code: 'forbidden' });
  reads.answered(sent[0]?.[0] ?? '', PAGE); // once more, on another connection
  expect(reads.failed('connect-1', { code: 'internal', message: '', retryable: true })).toBe(false);
});

test('what is not answered when a connection stands is asked again on it', async () => {
  const { sent, reads } = setUp();
  const asked = reads.ask('read', { get: 'a' });
  reads.online();
  expect(sent).toHaveLength(2);
  expect(sent[1]).toEqual(sent[0]);
  reads.answered(sent[0]?.[0] ?? '', PAGE);
  expect(await asked).toEqual(PAGE);
  reads.online();
  expect(sent).toHaveLength(2);
});

test('nothing waits for ever, and not too much at once', async () => {
  const { clock, reads } = setUp();
  const asked = Array.from({ length: MAX_READS }, () => reads.ask('read', { get: 'a' }));
  await expect(reads.ask('read', { get: 'a' })).rejects.toMatchObject({ code: 'overloaded' });
  const settled = Promise.allSettled(asked);
  await clock.advance(READ_TIMEOUT_MS);
  expect(new Set((await settled).map((each) => each.status === 'rejected' && each.reason.code))).toEqual(
    new Set(['unavailable']),
  );
  const last = reads.ask('read', { get: 'a' });
  reads.close(new MnemonError('closed', 'over'));
  await expect(last).rejects.toMatchObject({ code: 'closed' });
});
