import type { Ack, Batch, ClientId, JsonValue, Op } from '@mnemon/protocol';
import { createFakeClock, type FakeClock } from '@mnemon/testing/fake-clock';
import { createMemoryDisk, type MemoryDisk } from '@mnemon/testing/memory-outbox-store';
import { beforeEach, describe, expect, test } from 'vitest';
import { MnemonError } from '../mnemon-error.ts';
import { createWitnesses } from '../replica/witnesses.ts';
import { createOutbox } from './create-outbox.ts';
import { createOutboxJournal } from './outbox-journal.ts';
import { createOwnWrites } from './own-writes.ts';
import { pendingOp } from './pending-op.ts';

let clock: FakeClock;
let disk: MemoryDisk;
let programs: number;
beforeEach(() => {
  clock = createFakeClock();
  disk = createMemoryDisk();
  programs = 0;
});

/** A program that opens the disk. */
async function start() {
  const ports = { clock, random: () => 0.5, maxMessageBytes: 96 * 1024 };
  const sent: Batch[] = [];
  const refusals: string[] = [];
  const errors: unknown[] = [];
  const ownWrites = createOwnWrites(createWitnesses());
  const journal = createOutboxJournal({
    store: await disk.open(),
    newClient: `client-${++programs}` as ClientId,
    ports,
    onError: (error) => errors.push(error),
  });
  const outbox = createOutbox({
    client: journal.client,
    journal,
    ports,
    ownWrites,
    batchIntervalMs: 0,
    whenFull: 'refuse',
    send: (batch) => sent.push(structuredClone(batch)),
    isFollowing: () => false,
    onChange: () => {},
    onAcked: () => {},
    onRefused: (error, key) => refusals.push(`${key} ${error.code}`),
  });
  const post = (key: string, value: JsonValue) => {
    const written = outbox.add(pendingOp(put(key, value), 100));
    written.catch(() => {});
    return written;
  };
  return { sent, refusals, errors, ownWrites, journal, outbox, post };
}

const put = (key: string, value: JsonValue): Op => ({
  ...{ op: 'put', key, value, seen: { other: 3 }, seenSeq: 7, hlc: { wallMs: 1, counter: 0 } },
});
const ackOf = ({ client, n, ops }: Batch): Ack => ({
  ...{ client, n, commit: { partition: 0, seq: n }, shared: 1 },
  outcomes: ops.map(() => ({ status: 'applied', version: n })),
});
const keysOf = (batch: Batch | undefined) => batch?.ops.map(({ key }) => key);
const settle = () => clock.advance(0);

describe('what a program that was killed had not sent', () => {
  test('is sent by the next one under the same name, as it was written, and shown as its own', async () => {
    const first = await start();
    void first.post('a', 1);
    void first.post('b', 2);
    void first.post('a', 3);
    await settle();
    disk.kill();
    const next = await start();
    expect(next.ownWrites.get('a')).toEqual({ value: 3 });
    expect(next.outbox.pendingOps).toBe(2);
    next.outbox.online();
    await settle();
    expect(next.sent).toEqual([{ client: 'client-1', n: 1, ops: [put('a', 3), put('b', 2)] }]);
    next.outbox.acked(ackOf(next.sent[0] as Batch), 'e');
    await settle();
    expect([...disk.records]).toEqual([[0, { client: 'client-1', n: 1 }]]);
  });

  test('comes before what the next one writes, in batches of the same size', async () => {
    const first = await start();
    for (let at = 0; at < 150; at++) void first.post(`k${at}`, at);
    await settle();
    disk.kill();
    const next = await start();
    void next.post('k0', 'newer');
    next.outbox.online();
    await settle();
    next.outbox.acked(ackOf(next.sent[0] as Batch), 'e');
    await settle();
    expect(next.sent.map(({ ops }) => ops.length)).toEqual([100, 51]);
    expect(next.sent[0]?.ops[0]).toMatchObject({ key: 'k0', value: 0 });
    expect(next.sent[1]?.ops.at(-1)).toMatchObject({ key: 'k0', value: 'newer' });
    expect(next.ownWrites.get('k0')).toEqual({ value: 'newer' });
  });
});

describe('a batch that was on its way when the program was killed', () => {
  test('is sent again by the next one, the same to the letter, and what follows has the next number (I6)', async () => {
    const first = await start();
    first.outbox.online();
    void first.post('a', 1);
    await settle();
    void first.post('a', 2);
    await settle();
    disk.kill();
    const next = await start();
    void next.post('c', 3);
    next.outbox.online();
    await settle();
    expect(next.sent).toEqual([{ ...first.sent[0], resend: true }]);
    next.outbox.acked(ackOf(next.sent[0] as Batch), 'e');
    await settle();
    expect(next.sent[1]).toMatchObject({ client: 'client-1', n: 2 });
    expect(keysOf(next.sent[1])).toEqual(['a', 'c']);
  });

  test('was kept before it was sent, however long that takes', async () => {
    disk = createMemoryDisk(() => new Promise((resolve) => clock.setTimeout(resolve, 50)));
    const first = await start();
    first.outbox.online();
    void first.post('a', 1);
    await clock.advance(49);
    first.outbox.offline();
    first.outbox.online();
    expect(first.sent).toEqual([]);
    await clock.advance(51);
    expect(first.sent).toHaveLength(1);
    expect(disk.records.get(0)).toEqual({ client: 'client-1', n: 1, batch: [1] });
  });
});

test('after an ack whose word was not kept, the batch is sent once more, and answered as before', async () => {
  const first = await start();
  first.outbox.online();
  const written = first.post('a', 1);
  await settle();
  disk.setFull(true);
  first.outbox.acked(ackOf(first.sent[0] as Batch), 'e');
  expect(await written).toMatchObject({ version: 1 });
  await settle();
  disk.kill();
  disk.setFull(false);
  const next = await start();
  next.outbox.online();
  expect(next.sent).toEqual([{ ...first.sent[0], resend: true }]);
});

test('while nothing can be saved nothing is sent, and a queued write is not said to be queued; then all is', async () => {
  disk.setFull(true);
  const { outbox, post, sent, errors } = await start();
  outbox.online();
  void post('a', 1);
  let isQueued = false;
  const queued = outbox.queue(pendingOp(put('b', 2), 100)).then(() => {
    isQueued = true;
  });
  await clock.advance(60_000);
  expect([sent.length, isQueued, errors.length]).toEqual([0, false, 1]);
  disk.setFull(false);
  await clock.advance(15_000);
  await queued;
  expect(keysOf(sent[0])).toEqual(['a', 'b']);
  outbox.close(new MnemonError('closed', ''));
  await outbox.gone();
  expect(clock.timerCount).toBe(0);
});

test('closing rejects, says that the write is not lost, and gives the store back with it', async () => {
  const { outbox, post, refusals } = await start();
  const written = post('a', 1);
  await outbox.queue(pendingOp(put('b', 2), 100));
  outbox.close(new MnemonError('closed', 'closed'));
  await expect(written).rejects.toMatchObject({ code: 'closed', mayBeCommitted: true });
  await outbox.gone();
  expect(refusals).toEqual([]);
  expect(disk.isOpen).toBe(false);
  expect((await start()).outbox.pendingOps).toBe(2);
});

test('what an earlier program had queued is refused to nobody but the option', async () => {
  const first = await start();
  void first.post('a', 1);
  await settle();
  disk.kill();
  const next = await start();
  next.outbox.online();
  await settle();
  next.outbox.failed(1, { code: 'forbidden', message: 'no', retryable: false });
  expect(next.refusals).toEqual(['a forbidden']);
  await settle();
  expect(disk.records.has(1)).toBe(false);
});

test('what was left for one space is sent to no other, an empty store belongs to any', async () => {
  const first = await start();
  expect(first.journal.belongsTo('one')).toBe(true);
  void first.post('a', 1);
  await settle();
  disk.kill();
  const next = await start();
  expect([next.journal.belongsTo('two'), next.journal.belongsTo('one')]).toEqual([false, true]);
  next.outbox.online();
  await settle();
  next.outbox.acked(ackOf(next.sent[0] as Batch), 'e');
  await settle();
  disk.kill();
  expect((await start()).journal.belongsTo('two')).toBe(true);
});

test.each<[string, [number, JsonValue][]]>([
  ['no head', [[0, 'something']]],
  ['a batch of operations that are not there', [[0, { client: 'c', n: 1, batch: [5] }]]],
  ['no operation', [[1, { op: 'put', key: '' }]]],
])('a store that holds %s is unusable', async (_, records) => {
  const store = await disk.open();
  await store.save(new Map(records));
  disk.kill();
  await expect(start()).rejects.toMatchObject({ code: 'outbox-unusable' });
});
