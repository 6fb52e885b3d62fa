import { type Ack, type Delivery, LIMITS, parseServerFrame, utf8Length } from '@mnemon/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changesFrames } from './changes-frames.ts';
import { eventOf, NOW_MS } from './writing.fixture.ts';

const deliveryOf = (seq: number, ...valueSizes: number[]): Delivery => ({
  partition: 0,
  seq,
  prev: seq - 1,
  author: 'ann' as never,
  events: valueSizes.map((size, i) => eventOf(`k${i}`, 'v'.repeat(size))),
});
const ackOf = (n: number, outcomes: number): Ack => ({
  client: 'outbox' as never,
  n,
  outcomes: Array.from({ length: outcomes }, () => ({
    status: 'refused',
    code: 'forbidden',
    message: 'm'.repeat(500),
  })),
  shared: 1,
});

function read(frames: readonly string[]) {
  return frames.map((text) => {
    const parsed = parseServerFrame(text);
    if (!parsed.ok || parsed.frame.type !== 'changes') throw new Error('no changes frame');
    return parsed.frame;
  });
}

/** What a reader makes of frames: parts put together, acks in the order they came. */
function understood(frames: readonly string[]) {
  const commits: Delivery[] = [];
  const acks: Ack[] = [];
  for (const { payload } of read(frames)) {
    for (const { part, ...delivery } of payload.commits) {
      if (!part || part.index === 0) commits.push({ ...delivery, events: [...delivery.events] });
      else commits.at(-1)?.events.push(...delivery.events);
    }
    acks.push(...(payload.acks ?? []));
  }
  return { commits, acks };
}

test('what is small goes in one frame, commits and acks together', () => {
  const commits = [deliveryOf(1, 10), deliveryOf(2, 20, 0)];
  const [frame, ...others] = read(changesFrames('q1', NOW_MS, { epoch: 'e', commits, acks: [ackOf(1, 2)] }));
  expect(others).toEqual([]);
  expect(frame).toEqual({
    type: 'changes',
    id: 'q1',
    timestamp: NOW_MS,
    payload: { epoch: 'e', commits, acks: [ackOf(1, 2)] },
  });
});

test('without acks the frame does not speak of any', () => {
  const [frame] = read(changesFrames('q1', NOW_MS, { epoch: 'e', commits: [deliveryOf(1, 1)], acks: [] }));
  expect(frame?.payload).not.toHaveProperty('acks');
});

test('the ack comes after the commit that it answers', () => {
  const payload = { epoch: 'e', commits: [deliveryOf(1, 60_000, 60_000, 60_000)], acks: [ackOf(1, 3)] };
  const frames = read(changesFrames('q1', NOW_MS, payload));
  expect(frames.length).toBeGreaterThan(1);
  expect(frames.map((frame) => frame.payload.acks?.length ?? 0)).toEqual([
    ...Array(frames.length - 1).fill(0),
    1,
  ]);
});

test('frames carry every event and every ack exactly once, and none is over the limit', () => {
  const size = fc.oneof(fc.nat(100), fc.integer({ min: 20_000, max: 65_000 }));
  const deliveries = fc.array(fc.array(size, { maxLength: 4 }), { maxLength: 5 });
  const acks = fc.array(fc.nat(100), { maxLength: 6 });
  fc.assert(
    fc.property(deliveries, acks, fc.string({ maxLength: 64 }), (sizes, outcomes, id) => {
      const payload = {
        epoch: 'e'.repeat(64),
        commits: sizes.map((values, i) => deliveryOf(i + 1, ...values)),
        acks: outcomes.map((count, i) => ackOf(i + 1, count)),
      };
      const frames = changesFrames(id, NOW_MS, payload);
      for (const frame of frames) expect(utf8Length(frame)).toBeLessThanOrEqual(LIMITS.frameBytes);
      for (const frame of read(frames))
        expect(frame).toMatchObject({ id, payload: { epoch: payload.epoch } });
      expect(understood(frames)).toEqual({ commits: payload.commits, acks: payload.acks });
    }),
    { numRuns: 60 },
  );
});
