import type { Ack, Batch, ClientId, JsonValue, Op } from '@mnemon/protocol';
import { createFakeClock, type FakeClock } from '@mnemon/testing/fake-clock';
import { beforeEach, describe, expect, test } from 'vitest';
import { MnemonError } from '../mnemon-error.ts';
import { createWitnesses } from '../replica/witnesses.ts';
import { createOutbox } from './create-outbox.ts';
import { MAX_GATHER_MS } from './gathering.ts';
import { ACK_TIMEOUT_MS, MAX_ACK_TIMEOUT_MS, MAX_FAILURES } from './in-flight.ts';
import type { AckedBatch, Outbox, OutboxOptions } from './outbox.ts';
import { createOwnWrites, type OwnWrites } from './own-writes.ts';
import { pendingOp } from './pending-op.ts';
import { OUTBOX_LIMITS, PATIENCE } from './room.ts';

const CLIENT = 'c1' as ClientId;
let clock: FakeClock;
let sent: Batch[];
let ownWrites: OwnWrites;
let outbox: Outbox;
let following: boolean;
let refusals: string[];
let answered: AckedBatch[];

beforeEach(() => {
  outbox = open();
});

function open(maxMessageBytes = 96 * 1024, more: Partial<OutboxOptions> = {}): Outbox {
  clock = createFakeClock();
  sent = [];
  following = true;
  refusals = [];
  answered = [];
  ownWrites = createOwnWrites(createWitnesses());
  return createOutbox({
    client: CLIENT,
    ports: { clock, random: () => 0.5, maxMessageBytes },
    ownWrites,
    send: (batch) => sent.push(structuredClone(batch)),
    isFollowing: () => following,
    onChange: () => {},
    batchIntervalMs: 0,
    whenFull: 'refuse',
    onAcked: (batch) => answered.push(batch),
    onRefused: (error, key) => refusals.push(`${key} ${error.code}`),
    ...more,
  });
}

const put = (key: string, value: JsonValue, expectedVersion?: number): Op => ({
  op: 'put',
  key,
  value,
  seen: {},
  hlc: { wallMs: 1, counter: 0 },
  ...(expectedVersion !== undefined && { expectedVersion }),
});
const add = (op: Op, sizeBytes = 100) => {
  const written = outbox.add(pendingOp(op, sizeBytes));
  written.catch(() => {});
  return written;
};
/** For those whose outcome doesn't matter to the test. */
const post = (op: Op, sizeBytes?: number): void => void add(op, sizeBytes);
/** A batch leaves when the turn of the event loop in which it was written is over. */
const turn = () => Promise.resolve();
const values = (batch: Batch | undefined) => batch?.ops.map((op) => (op.op === 'put' ? op.value : undefined));
const ack = (n: number, count: number, more: Partial<Ack> = {}): Ack => ({
  client: CLIENT,
  n,
  commit: { partition: 0, seq: n },
  outcomes: Array.from({ length: count }, () => ({ status: 'applied', version: n })),
  shared: 1,
  ...more,
});

test('what is written in one turn leaves at once and together; what comes meanwhile leaves with the ack', async () => {
  outbox.online();
  const first = add(put('a', 1));
  post(put('b', 2));
  await turn();
  expect(sent.map(values)).toEqual([[1, 2]]);
  post(put('c', 3));
  await turn();
  post(put('d', 4));
  expect(outbox.acked(ack(1, 2), 'e')).toBe(true);
  expect(await first).toEqual({ key: 'a', version: 1, merged: false });
  expect(sent.map(values)).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(sent[1]).not.toHaveProperty('resend');
});

test('unsent writes of one key become the last one, and all of them resolve; conditional ones stay', async () => {
  const settled = [add(put('a', 1)), add(put('a', 2)), add(put('b', 3)), add(put('a', 4))];
  post(put('a', 5, 1));
  post(put('a', 6));
  post(put('a', 7));
  outbox.online();
  expect(sent.map(values)).toEqual([[4, 3, 5, 7]]);
  outbox.acked(ack(1, 4), 'e');
  expect((await Promise.all(settled)).map(({ version }) => version)).toEqual([1, 1, 1, 1]);
});

test('a write that makes a batch too large takes no place in it: what was written between is not overtaken', () => {
  post(put('a', 1));
  post(put('b', 2), 60_000);
  post(put('a', 3), 60_000);
  outbox.online();
  outbox.acked(ack(1, 2), 'e');
  expect(sent.map(values)).toEqual([[1, 2], [3]]);
});

test('a batch is frozen when it is first sent: resent the same, whatever is written meanwhile (I6)', async () => {
  outbox.online();
  post(put('a', 1));
  post(put('a', 2));
  await clock.advance(ACK_TIMEOUT_MS);
  outbox.offline();
  post(put('a', 3));
  outbox.online();
  expect(sent).toHaveLength(3);
  expect(sent.map(({ n, ops }) => ({ n, ops }))).toEqual(Array(3).fill({ n: 1, ops: sent[0]?.ops }));
  expect(sent.map(({ resend }) => resend)).toEqual([undefined, true, true]);
  expect(outbox.resends).toBe(2);
  outbox.acked(ack(1, 1), 'e');
  expect(values(sent[3])).toEqual([3]);
});

test('a batch holds 100 operations and stays under 96 KB', () => {
  for (let i = 0; i < 150; i++) post(put(`k${i}`, i));
  post(put('big', 1), 60_000);
  post(put('big2', 1), 60_000);
  outbox.online();
  outbox.acked(ack(1, 100), 'e');
  outbox.acked(ack(2, 51), 'e');
  expect(sent.map(({ ops }) => ops.length)).toEqual([100, 51, 1]);
});

test('where a message holds less, so does a batch; what would not fit into one alone is refused at once', async () => {
  outbox = open(32 * 1024);
  for (let i = 0; i < 4; i++) post(put(`k${i}`, i), 15_000);
  await expect(add(put('big', 1), 32_000)).rejects.toMatchObject({ code: 'value-too-large' });
  expect(ownWrites.get('big')).toBeUndefined();
  outbox.online();
  outbox.acked(ack(1, 2), 'e');
  expect(sent.map(values)).toEqual([
    [0, 1],
    [2, 3],
  ]);
});

test('a batch that the gateway found too large is refused, not sent for ever', async () => {
  outbox.online();
  const refused = add(put('a', 1));
  await turn();
  post(put('b', 2));
  outbox.offline();
  outbox.tooLarge();
  await expect(refused).rejects.toMatchObject({ code: 'batch-too-large', retryable: false });
  outbox.online();
  expect(sent.map(values)).toEqual([[1], [2]]);
});

test('a second ack, and one of another batch, change nothing', async () => {
  outbox.online();
  post(put('a', 1));
  await turn();
  post(put('b', 2));
  expect(outbox.acked(ack(2, 1), 'e')).toBe(false);
  expect(outbox.acked({ ...ack(1, 1), client: 'other' as ClientId }, 'e')).toBe(false);
  expect(outbox.acked(ack(1, 1), 'e')).toBe(true);
  expect(outbox.acked(ack(1, 1), 'e')).toBe(false);
  expect(outbox.pendingOps).toBe(1);
});

test('a refused operation rejects alone, with the entry as it is, and its own value vanishes', async () => {
  outbox.online();
  const current = { key: 'a', version: 7 } as never;
  const refused = add(put('a', 1, 3));
  await turn();
  expect(ownWrites.get('a')).toEqual({ value: 1 });
  outbox.acked(
    ack(1, 1, { outcomes: [{ status: 'refused', code: 'conflict', message: 'no', current }] }),
    'e',
  );
  await expect(refused).rejects.toMatchObject({ code: 'conflict', current });
  expect(ownWrites.get('a')).toBeUndefined();
});

test('an own value stays until the replica has reached its commit, not just until the ack (I9)', async () => {
  outbox.online();
  post(put('a', 1));
  await turn();
  outbox.acked(ack(1, 1, { commit: { partition: 0, seq: 9 } }), 'e');
  ownWrites.reached({ epoch: 'e', seq: [8] }, false);
  expect(ownWrites.get('a')).toEqual({ value: 1 });
  ownWrites.reached({ epoch: 'e', seq: [9] }, false);
  expect(ownWrites.get('a')).toBeUndefined();
});

test('an own value goes with its ack when the replica was there first', async () => {
  outbox.online();
  post(put('a', 1));
  await turn();
  ownWrites.reached({ epoch: 'e', seq: [9] }, false);
  outbox.acked(ack(1, 1, { commit: { partition: 0, seq: 9 } }), 'e');
  expect(ownWrites.get('a')).toBeUndefined();
});

test('an own value that was acked in an epoch that is over goes once the server has named the new one', async () => {
  outbox.online();
  post(put('a', 1));
  await turn();
  ownWrites.reached({ epoch: 'new', seq: [5] }, true);
  outbox.acked(ack(1, 1), 'old');
  ownWrites.reached({ epoch: 'new', seq: [6] }, false);
  expect(ownWrites.get('a')).toEqual({ value: 1 });
  ownWrites.reached({ epoch: 'new', seq: [6] }, true);
  expect(ownWrites.get('a')).toBeUndefined();
});

test('without a replica to wait for, the ack is enough', async () => {
  following = false;
  outbox.online();
  post(put('a', 1));
  await turn();
  outbox.acked(ack(1, 1), 'e');
  expect(ownWrites.get('a')).toBeUndefined();
});

test('a retryable error sends the batch again when the server says so, another one rejects it', async () => {
  outbox.online();
  const refused = add(put('a', 1));
  await turn();
  outbox.failed(1, { code: 'contention', message: '', retryable: true, retryAfterMs: 700 });
  await clock.advance(699);
  expect(sent).toHaveLength(1);
  await clock.advance(1);
  expect(sent).toHaveLength(2);
  post(put('b', 2));
  outbox.failed(1, { code: 'forbidden', message: 'no', retryable: false });
  await expect(refused).rejects.toMatchObject({ code: 'forbidden' });
  expect(values(sent[2])).toEqual([2]);
});

test('while many share a commit, the next batch gathers a little longer, never for long', async () => {
  outbox.online();
  post(put('a', 1));
  await turn();
  outbox.acked(ack(1, 1, { shared: 500 }), 'e');
  post(put('b', 2));
  post(put('c', 3));
  await clock.advance(MAX_GATHER_MS - 1);
  expect(sent).toHaveLength(1);
  await clock.advance(1);
  expect(sent.map(values)).toEqual([[1], [2, 3]]);
});

test('gathering ends in time although the clock of the machine is set back', async () => {
  const { now } = clock;
  outbox.online();
  post(put('a', 1));
  await turn();
  outbox.acked(ack(1, 1, { shared: 500 }), 'e');
  clock.now = () => now() - 3_600_000;
  post(put('b', 2));
  await clock.advance(MAX_GATHER_MS);
  expect(sent.map(values)).toEqual([[1], [2]]);
});

test('a batch without an answer is sent again ever later, and at once on a new connection', async () => {
  outbox.online();
  post(put('a', 1));
  await turn();
  const sentAfterMs = async (count: number) => {
    const startedMs = clock.now();
    await clock.advanceUntil(() => sent.length >= count);
    return clock.now() - startedMs;
  };
  const waits = [2, 3, 4, 5, 6].map((count) => () => sentAfterMs(count));
  const waited: number[] = [];
  for (const wait of waits) waited.push(await wait());
  const most = MAX_ACK_TIMEOUT_MS;
  expect(waited).toEqual([ACK_TIMEOUT_MS, 2 * ACK_TIMEOUT_MS, 4 * ACK_TIMEOUT_MS, most, most]);
  outbox.offline();
  outbox.online();
  expect([await sentAfterMs(7), await sentAfterMs(8)]).toEqual([0, ACK_TIMEOUT_MS]);
});

test('a full outbox refuses, and keeps what it has', async () => {
  for (let i = 0; i < 10_000; i++) post(put(`k${i}`, i));
  await expect(add(put('one/more', 1))).rejects.toMatchObject({ code: 'overloaded' });
  expect(outbox.pendingOps).toBe(10_000);
  expect(ownWrites.get('one/more')).toBeUndefined();
});

test('calls that share an operation fill it too, until it is acked', async () => {
  for (let i = 0; i < 9_999; i++) post(put('same/key', i));
  const flushed = outbox.flush();
  expect(outbox.pendingOps).toBe(1);
  await expect(add(put('same/key', 1))).rejects.toMatchObject({ code: 'overloaded' });
  outbox.online();
  outbox.acked(ack(1, 1), 'e');
  await flushed;
  for (let i = 0; i < 10_000; i++) post(put('same/key', i));
  await turn();
  outbox.acked(ack(2, 1), 'e');
  expect(outbox.pendingOps).toBe(0);
});

test('closing rejects what waits, and whatever comes', async () => {
  outbox.online();
  const pending = [add(put('a', 1)), add(put('b', 1))];
  const flushed = outbox.flush();
  outbox.close(new MnemonError('closed', ''));
  for (const promise of [...pending, add(put('c', 1)), flushed]) {
    await expect(promise).rejects.toMatchObject({ code: 'closed' });
  }
  expect(clock.timerCount).toBe(0);
});

test('who wants to, hears of each answered batch, after its promises and once', async () => {
  outbox.online();
  const refused = add(put('a', 1, 7));
  post(put('b', 1));
  post(put('b', 2));
  await turn();
  await clock.advance(30);
  const conflict = { status: 'refused', code: 'conflict', message: '' } as const;
  const answer = { ...ack(1, 2), outcomes: [conflict, { status: 'applied', version: 1 } as const] };
  outbox.acked(answer, 'e');
  outbox.acked(answer, 'e');
  await expect(refused).rejects.toMatchObject({ code: 'conflict' });
  const outcomes = [
    { key: 'a', outcome: conflict },
    { key: 'b', outcome: { status: 'applied', version: 1 } },
  ];
  expect(answered).toEqual([{ outcomes, ackMs: 30 }]);
});

describe('with an interval', () => {
  beforeEach(() => {
    outbox = open(undefined, { batchIntervalMs: 100 });
    outbox.online();
  });

  test('the first write leaves at once, later ones wait until it is over, and after a pause the next one does not', async () => {
    post(put('a', 1));
    await turn();
    outbox.acked(ack(1, 1), 'e');
    post(put('b', 2));
    await clock.advance(99);
    post(put('c', 3));
    expect(sent.map(values)).toEqual([[1]]);
    await clock.advance(1);
    expect(sent.map(values)).toEqual([[1], [2, 3]]);
    outbox.acked(ack(2, 2), 'e');
    await clock.advance(100);
    post(put('d', 4));
    await turn();
    expect(sent.map(values)).toEqual([[1], [2, 3], [4]]);
  });

  test('it is no shorter because many share a commit', async () => {
    post(put('a', 1));
    await turn();
    outbox.acked(ack(1, 1, { shared: 500 }), 'e');
    post(put('b', 2));
    await clock.advance(99);
    expect(sent).toHaveLength(1);
    await clock.advance(1);
    expect(sent.map(values)).toEqual([[1], [2]]);
  });

  test('a full frame leaves before; the rest waits on', async () => {
    post(put('a', 1));
    await turn();
    outbox.acked(ack(1, 1), 'e');
    for (let i = 0; i < 150; i++) post(put(`k${i}`, i));
    await turn();
    expect(sent.map(({ ops }) => ops.length)).toEqual([1, 100]);
    outbox.acked(ack(2, 100), 'e');
    await clock.advance(99);
    expect(sent).toHaveLength(2);
    await clock.advance(1);
    expect(sent.map(({ ops }) => ops.length)).toEqual([1, 100, 50]);
  });

  test('100 queued writes leave as one frame', async () => {
    post(put('a', 1));
    await turn();
    outbox.acked(ack(1, 1), 'e');
    for (let i = 0; i < 100; i++) {
      post(put(`k${i}`, i));
      if (i % 10 === 0) await clock.advance(1);
    }
    await clock.advance(200);
    expect(sent.map(({ ops }) => ops.length)).toEqual([1, 100]);
  });

  test('flush sends what gathers, all of it, and then they gather again', async () => {
    post(put('a', 1));
    await turn();
    outbox.acked(ack(1, 1), 'e');
    for (let i = 0; i < 120; i++) post(put(`k${i}`, i));
    let isFlushed = false;
    const flushed = outbox.flush().then(() => {
      isFlushed = true;
    });
    expect(sent.map(({ ops }) => ops.length)).toEqual([1, 100]);
    post(put('later', 1));
    outbox.acked(ack(2, 100), 'e');
    expect(sent.map(({ ops }) => ops.length)).toEqual([1, 100, 21]);
    await turn();
    expect(isFlushed).toBe(false);
    outbox.acked(ack(3, 21), 'e');
    await flushed;
    post(put('last', 1));
    await clock.advance(99);
    expect(sent).toHaveLength(3);
  });

  test('a new connection does not wait for it', async () => {
    post(put('a', 1));
    await turn();
    outbox.acked(ack(1, 1), 'e');
    post(put('b', 2));
    outbox.offline();
    outbox.online();
    expect(sent.map(values)).toEqual([[1], [2]]);
  });
});

describe('a write that is only to be queued', () => {
  test('is, at once; what is refused later is told to whom it concerns', async () => {
    await outbox.queue(pendingOp(put('a', 1), 100));
    expect(ownWrites.get('a')).toEqual({ value: 1 });
    outbox.online();
    outbox.acked(ack(1, 1, { outcomes: [{ status: 'refused', code: 'forbidden', message: 'no' }] }), 'e');
    expect(refusals).toEqual(['a forbidden']);
  });

  test('is told when the client is closed before it is acked', async () => {
    await outbox.queue(pendingOp(put('a', 1), 100));
    outbox.close(new MnemonError('closed', ''));
    expect(refusals).toEqual(['a closed']);
    await expect(outbox.queue(pendingOp(put('b', 1), 100))).rejects.toMatchObject({ code: 'closed' });
    expect(refusals).toEqual(['a closed']);
  });

  test('waits for room where that is wanted, while who does not wait is refused beyond a bound', async () => {
    outbox = open(undefined, { whenFull: 'wait' });
    for (let i = 0; i < OUTBOX_LIMITS.calls - 1; i++) post(put('same/key', i));
    expect(outbox.isFull).toBe(false);
    let isQueued = false;
    const queued = outbox.queue(pendingOp(put('same/key', 'last'), 100)).then(() => {
      isQueued = true;
    });
    await turn();
    expect(outbox.isFull).toBe(true);
    expect(isQueued).toBe(false);
    expect(ownWrites.get('same/key')).toEqual({ value: 'last' });
    for (let i = 0; i < OUTBOX_LIMITS.calls * (PATIENCE - 1); i++) post(put('same/key', i));
    await expect(add(put('same/key', 1))).rejects.toMatchObject({ code: 'overloaded' });
    outbox.online();
    outbox.acked(ack(1, 1), 'e');
    await queued;
    expect(outbox.isFull).toBe(false);
  });

  test('rejects when it waits for room until the client is closed', async () => {
    outbox = open(undefined, { whenFull: 'wait' });
    for (let i = 0; i < OUTBOX_LIMITS.calls; i++) post(put('same/key', i));
    const queued = outbox.queue(pendingOp(put('same/key', 'last'), 100));
    outbox.close(new MnemonError('closed', ''));
    await expect(queued).rejects.toMatchObject({ code: 'closed' });
    expect(refusals).toEqual([]);
  });
});

describe('a batch that the service fails on', () => {
  const failure = { code: 'internal', message: 'a bug', retryable: true, retryAfterMs: 1 } as const;
  const failAgain = async (count: number) => {
    for (let i = 0; i < count; i++) {
      outbox.failed(1, failure);
      await clock.advance(1);
    }
  };

  test('each time is given up in the end, its fate being unknown, and the next one leaves', async () => {
    outbox.online();
    const first = add(put('a', 1));
    await turn();
    post(put('b', 2));
    await failAgain(MAX_FAILURES - 1);
    expect(sent).toHaveLength(MAX_FAILURES);
    await failAgain(1);
    await expect(first).rejects.toMatchObject({ code: 'internal', mayBeCommitted: true });
    await expect(first).rejects.toThrow('unknown');
    expect(values(sent.at(-1))).toEqual([2]);
    expect(ownWrites.get('a')).toBeUndefined();
  });

  test('is not given up because it has to wait, or because nothing is answered', async () => {
    outbox.online();
    const first = add(put('a', 1));
    await turn();
    await failAgain(MAX_FAILURES - 1);
    for (let i = 0; i < MAX_FAILURES; i++) {
      outbox.failed(1, { ...failure, code: 'unavailable' });
      await clock.advance(1);
      await clock.advance(MAX_ACK_TIMEOUT_MS);
    }
    outbox.acked(ack(1, 1), 'e');
    expect(await first).toMatchObject({ version: 1 });
  });
});

describe('whether a write that was rejected may be in the log', () => {
  test.each([
    ['not when it was never sent', [], false],
    ['when its only answer was lost', ['send'], true],
    ['not when what was sent was refused', ['send', 'refuse'], false],
    ['when that was sent twice', ['send', 'resend', 'refuse'], true],
    ['not when the first was refused, and the second too', ['send', 'refuse', 'resend', 'refuse'], false],
  ] as const)('%s', async (_, steps, mayBeCommitted) => {
    const written = add(put('a', 1));
    for (const step of steps) {
      if (step === 'send') outbox.online();
      if (step === 'resend') await clock.advanceToNext();
      if (step === 'refuse') outbox.failed(1, { code: 'rate-limited', message: '', retryable: true });
    }
    outbox.close(new MnemonError('closed', ''));
    await expect(written).rejects.toMatchObject({ code: 'closed', mayBeCommitted });
  });
});
