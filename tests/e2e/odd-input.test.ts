import { type JsonValue, LIMITS, PROTOCOL_VERSION } from '@mnemon/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { batchOf, put, writeRaw } from './raw-writes.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

describe.each(engines)('odd input, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  test('a value over 64 KB is refused, what is beside it in the batch applied', async () => {
    const space = cloud.newSpace();
    const raw = await cloud.connectRaw(space, 'writer');
    const fits = 'x'.repeat(LIMITS.valueBytes - 2);
    const { outcomes } = await writeRaw(raw, batchOf([put('large', `${fits}x`), put('small', 1)]));
    expect(outcomes).toMatchObject([
      { status: 'refused', code: 'value-too-large' },
      { status: 'applied', version: 1 },
    ]);
    expect((await writeRaw(raw, batchOf([put('large', fits)]))).outcomes).toMatchObject([
      { status: 'applied' },
    ]);
    const events = (await cloud.commits(space)).flatMap(({ commit }) => commit.events);
    expect(events.map(({ key }) => key)).toEqual(['small', 'large']);
    raw.socket.close();
  });

  test('a write of the year 9999 is clamped, and the next one of another instance still wins', async () => {
    const space = cloud.newSpace();
    const [raw, other] = await Promise.all([
      cloud.connectRaw(space, 'ahead'),
      cloud.connectRaw(space, 'other'),
    ]);
    const year9999 = { wallMs: Date.UTC(9999, 11, 31), counter: 0 };
    const { outcomes } = await writeRaw(raw, batchOf([put('a', 'ahead', { hlc: year9999 })]));
    expect(outcomes).toEqual([{ status: 'applied', version: 1 }]);
    const [sealed] = await cloud.commits(space);
    const [event] = sealed?.commit.events ?? [];
    expect(event?.hlc.wallMs).toBe((sealed?.commit.committedAtMs ?? 0) + LIMITS.clockAheadMs);

    const seen = event?.clock ?? {};
    await writeRaw(other, batchOf([put('a', 'next', { seen })]));
    const entries = await cloud.log.entries({ space, partition: 0, afterKey: undefined, limit: 1 });
    expect(entries).toMatchObject([{ value: 'next', author: 'other' }]);
    for (const each of [raw, other]) each.socket.close();
  });

  test('a write of longer ago than deletions are remembered is refused', async () => {
    const space = cloud.newSpace();
    const raw = await cloud.connectRaw(space, 'writer');
    const hlc = { wallMs: Date.now() - LIMITS.writeAgeMs - 60_000, counter: 0 };
    const { outcomes } = await writeRaw(
      raw,
      batchOf([put('a', 1, { hlc }), put('b', 1, { hlc: { wallMs: 0, counter: 0 } })]),
    );
    expect(outcomes).toMatchObject([{ code: 'too-old' }, { code: 'too-old' }]);
    expect(await cloud.commits(space)).toEqual([]);
    raw.socket.close();
  });

  test('operators, dots and odd numbers are data: they come back exactly as they were', async () => {
    const space = cloud.newSpace();
    const value: JsonValue = {
      $set: { a: 1 },
      $where: 'sleep(1000)',
      'a.b.c': { '': '', ' ': ' ' },
      constructor: { prototype: null },
      toString: 'not a function',
      _id: '$$ROOT',
      numbers: [0, 1e21, 1e-7, 0.1, 2 ** 53, -(2 ** 53), 5e-324, 1.7976931348623157e308],
      text: '\u0000 \u2028 \u{1f30d} "\\/ <script>',
      2: 'an index',
      10: 'another',
      $date: { $numberLong: '1' },
    };
    const keys = [
      '$set',
      '$set/$inc',
      'a.b.c',
      '..',
      '../../etc',
      'constructor',
      'a b',
      '%2F',
      '{"$gt":""}',
      '🌍/ä',
      '0',
      '*',
    ];
    const [writer, reader] = await Promise.all([
      cloud.connect(space, 'writer'),
      cloud.connect(space, 'reader'),
    ]);
    await reader.entries();
    await Promise.all(keys.map((key) => writer.write(key, value)));
    await Promise.all(keys.map((key) => writer.write(key, [key, value])));
    const late = await cloud.connect(space, 'late');
    for (const key of keys) expect(await late.read(key), key).toEqual([key, value]);
    const entries = await late.entries();
    expect(entries.map(({ key }) => key).sort()).toEqual([...keys].sort());
    expect(entries.map(({ version }) => version)).toEqual(keys.map(() => 2));
    expect(await late.entries('a.b.c'), 'a dot is no wildcard').toHaveLength(1);
    await Promise.all(keys.map((key) => writer.delete(key)));
    expect(await cloud.verify(space)).toMatchObject({ intact: true });
    await Promise.all([writer, reader, late].map((each) => each.close()));
  });

  test.each([
    ['of another epoch', 'other-epoch', (epoch: string) => ({ epoch: `${epoch}x`, seq: [1] })],
    ['past the head', 'past-head', (epoch: string) => ({ epoch, seq: [99] })],
    ['of more partitions', 'other-epoch', (epoch: string) => ({ epoch, seq: [1, 0] })],
  ] as const)('a cursor %s is answered with the state, and why', async (_, reason, cursorOf) => {
    const space = cloud.newSpace();
    const raw = await cloud.connectRaw(space, 'reader');
    await writeRaw(raw, batchOf([put('a', 1)]));
    const { epoch } = (await raw.next('connected')).payload.head;
    const cursor = cursorOf(epoch) as { epoch: string; seq: number[] };
    const state = {
      recovered: false,
      reason,
      cursor: { epoch, seq: [1] },
      entries: [{ key: 'a', value: 1 }],
    };
    expect((await raw.ask({ type: 'catch-up', payload: { cursor } }, 'caught-up')).payload).toMatchObject(
      state,
    );
    const connect = { protocolVersion: PROTOCOL_VERSION, subscriptions: ['**'], cursor };
    const { missed } = (await raw.ask({ type: 'connect', payload: connect }, 'connected')).payload;
    expect(missed).toMatchObject(state);
    // What is new is told whatever the cursor; that it is no good shows when the log is asked for.
    const subscribed = await raw.ask(
      { type: 'subscribe', payload: { patterns: ['b'], cursor } },
      'caught-up',
    );
    expect(subscribed.payload).toMatchObject({ recovered: false, reason: 'subscribed', entries: [] });
    expect(subscribed.payload).not.toHaveProperty('commits');
    raw.socket.close();
  });
});
