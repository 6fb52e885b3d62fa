import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { ackOf, batchOf, put, writeRaw } from './raw-writes.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const isWrite = (body: string): boolean => body.includes('"type":"write"');

describe.each(engines)('the same batch more than once, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  test('sent again, it changes nothing and gets the first answer', async () => {
    const space = cloud.newSpace();
    const writer = await cloud.connectRaw(space, 'writer');
    const batch = batchOf([put('a', 1), put('b', 2, { expectedVersion: 7 }), put('c', 3)]);
    const first = await writeRaw(writer, batch);
    await writeRaw(writer, batchOf([put('a', 'newer')]));

    for (const resend of [true, undefined]) {
      const id = writer.send({ type: 'write', payload: { ...batch, ...(resend && { resend }) } });
      const { payload } = await writer.next('changes', (frame) => frame.id === id);
      expect(payload.acks, `resend: ${resend}`).toEqual([first]);
    }
    expect(await cloud.commits(space)).toHaveLength(2);
    expect(await cloud.verify(space)).toMatchObject({ intact: true });
  });

  test('sent again by a new connection of its instance, the first answer comes there', async () => {
    const space = cloud.newSpace();
    const batch = batchOf([put('a', 1)]);
    const before = await cloud.connectRaw(space, 'writer');
    const first = await writeRaw(before, batch);
    before.socket.terminate();
    const after = await cloud.connectRaw(space, 'writer');
    expect(await writeRaw(after, { ...batch, resend: true })).toEqual(first);
    expect(await cloud.commits(space)).toHaveLength(1);
  });

  test('sent many times at once, it is applied once', async () => {
    const space = cloud.newSpace();
    const writer = await cloud.connectRaw(space, 'writer');
    const batch = batchOf([put('a', 1)]);
    const ids = Array.from({ length: 12 }, (_, i) =>
      writer.send({ type: 'write', payload: { ...batch, ...(i % 2 === 1 && { resend: true }) } }),
    );
    const answers = await Promise.all(ids.map(() => ackOf(writer, batch)));
    for (const ack of answers) {
      expect(ack).toMatchObject({ commit: { seq: 1 }, outcomes: [{ status: 'applied', version: 1 }] });
    }
    // The next write has to wait for nothing that the copies may have left behind.
    await writeRaw(writer, batchOf([put('b', 1)]));
    await eventually(async () => {
      expect(await cloud.inbox.list({ space, partition: 0 }, 10)).toEqual([]);
    });
    expect(await cloud.commits(space)).toHaveLength(2);
    expect(await cloud.verify(space)).toMatchObject({ intact: true });
  });

  test("another instance that sends it again is told that it is another's", async () => {
    const space = cloud.newSpace();
    const [writer, thief] = await Promise.all([
      cloud.connectRaw(space, 'writer'),
      cloud.connectRaw(space, 'thief'),
    ]);
    const batch = batchOf([put('a', 1)]);
    await writeRaw(writer, batch);
    const ack = await writeRaw(thief, { ...batch, resend: true });
    expect(ack.outcomes).toMatchObject([{ status: 'refused', code: 'forbidden' }]);
    expect(ack.commit).toBeUndefined();
    expect(await cloud.commits(space)).toHaveLength(1);
  });

  test('a gateway that repeats, delays and reorders every message costs nothing but time', async () => {
    const space = cloud.newSpace();
    let delivered = 0;
    cloud.gateway.faults.onMessage = (body) =>
      isWrite(body) ? { copies: 2, delayMs: (delivered++ * 37) % 50 } : undefined;
    const clients = await Promise.all(['a', 'b', 'c'].map((id) => cloud.connect(space, id)));
    const batches = await Promise.all(
      clients.map(async (client) => {
        for (let i = 0; i < 8; i++) await client.write(`${i % 3}`, i);
        return 8;
      }),
    );
    cloud.gateway.faults.onMessage = () => undefined;
    const sent = batches.reduce((sum, each) => sum + each, 0);
    const commits = await cloud.commits(space);
    expect(commits).toHaveLength(sent);
    expect(await cloud.verify(space)).toMatchObject({ intact: true });
    await eventually(async () => {
      const [first, ...others] = await Promise.all(clients.map((client) => client.entries()));
      for (const other of others) expect(new Set(other)).toEqual(new Set(first));
      expect(clients.map(({ status }) => status.cursor?.seq)).toEqual(clients.map(() => [sent]));
    });
    await Promise.all(clients.map((client) => client.close()));
  });

  test('two batches of one client that are invoked in the wrong order are both applied, each once', async () => {
    const space = cloud.newSpace();
    const [writer, observer] = await Promise.all([
      cloud.connectRaw(space, 'writer'),
      cloud.connect(space, 'observer'),
    ]);
    await observer.entries();
    const first = batchOf([put('a', 'first'), put('b', 'first')]);
    const second = { ...first, n: 2, ops: [put('a', 'second')] };
    let letFirstGo = () => {};
    const held = new Promise<void>((resolve) => {
      letFirstGo = resolve;
    });
    cloud.gateway.faults.onMessage = async (body) => {
      if (isWrite(body) && body.includes('"n":1')) await held;
      return undefined;
    };
    writer.send({ type: 'write', payload: first });
    expect(await writeRaw(writer, second)).toMatchObject({ commit: { seq: 1 } });
    letFirstGo();
    expect(await ackOf(writer, first)).toMatchObject({ commit: { seq: 2 } });
    cloud.gateway.faults.onMessage = () => undefined;

    const commits = await cloud.commits(space);
    expect(commits.map(({ commit }) => commit.mutation.n)).toEqual([2, 1]);
    expect(await cloud.verify(space)).toMatchObject({ intact: true });
    const entries = await cloud.log.entries({ space, partition: 0, afterKey: undefined, limit: 10 });
    await eventually(async () => expect(new Set(await observer.entries())).toEqual(new Set(entries)));
    await observer.close();
  });
});
