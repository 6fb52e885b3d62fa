import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { batchOf, newClientId, put, writeRaw } from './raw-writes.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

describe.each(engines)('one write, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  test('reaches the other instance, the log and whoever comes later', async () => {
    const space = cloud.newSpace();
    const [writer, reader] = await Promise.all([
      cloud.connect(space, 'writer'),
      cloud.connect(space, 'reader'),
    ]);
    const change = new Promise((resolve) => reader.subscribe('tasks/*/state', resolve));
    await reader.entries();

    const written = writer.write('tasks/42/state', { done: true });
    expect(await writer.read('tasks/42/state'), 'I9: before any ack').toEqual({ done: true });
    expect(await written).toEqual({ key: 'tasks/42/state', version: 1, merged: false });
    expect(await change).toMatchObject({
      type: 'created',
      key: 'tasks/42/state',
      value: { done: true },
      author: 'writer',
      own: false,
    });

    const late = await cloud.connect(space, 'late');
    expect(await late.read('tasks/42/state')).toEqual({ done: true });
    await Promise.all([writer, reader, late].map((each) => each.close()));
  });

  test('leaves its trace at each station of its path', async () => {
    const space = cloud.newSpace();
    const [writer, reader] = await Promise.all([
      cloud.connectRaw(space, 'writer'),
      cloud.connectRaw(space, 'reader'),
    ]);
    const hlc = { wallMs: Date.now(), counter: 7 };
    const batch = batchOf([put('a/b', [1, 'two'], { hlc }), put('c', null, { expectedVersion: 3 })]);

    const ack = await writeRaw(writer, batch);
    const { client, n } = batch;
    const outcomes = [
      { status: 'applied', version: 1 },
      { status: 'refused', code: 'conflict', message: 'the entry is at version 0' },
    ];
    expect(ack, 'the ack').toEqual({ client, n, commit: { partition: 0, seq: 1 }, outcomes, shared: 1 });

    const version = {
      key: 'a/b',
      version: 1,
      value: [1, 'two'],
      clock: { writer: 1 },
      hlc,
      author: 'writer',
    };
    const event = { type: 'created', ...version };
    const pushed = await reader.next('changes');
    const commit = { partition: 0, seq: 1, prev: 0, author: 'writer', events: [event] };
    expect(pushed.payload, "the other's frame").toMatchObject({ commits: [commit] });
    expect(pushed.payload.acks, 'an ack is for its writer').toBeUndefined();

    const [sealed, ...others] = await cloud.commits(space);
    expect(others, 'one commit').toEqual([]);
    expect(sealed?.commit, 'the log').toMatchObject({
      ...{ space, partition: 0, seq: 1, author: 'writer', events: [event] },
      ...{ epoch: pushed.payload.epoch, mutation: { client, n, outcomes }, prevHash: '0'.repeat(64) },
    });
    expect(await cloud.verify(space)).toEqual({ intact: true, end: { seq: 1, hash: sealed?.hash } });

    const entries = await cloud.log.entries({ space, partition: 0, afterKey: undefined, limit: 10 });
    expect(entries, 'the state').toEqual([{ ...version, partition: 0, seq: 1 }]);

    for (const each of [writer, reader]) each.socket.close();
    await Promise.all([writer.closed, reader.closed]);
    await eventually(async () => expect(await cloud.connections.list(space, Date.now())).toEqual([]));
  });
  test('is announced on the event bus, once', async () => {
    const space = cloud.newSpace();
    const writer = await cloud.connectRaw(space, 'writer');
    const client = newClientId();
    // At most once is all that the bus promises: on a busy machine the first message may get lost.
    for (let n = 1; n <= 20 && cloud.announced(space).length === 0; n++) {
      await writeRaw(writer, batchOf([put('a', n)], { client, n }));
    }
    await eventually(() => expect(cloud.announced(space)).not.toEqual([]));
    const commits = (await cloud.commits(space)).map(({ commit }) => commit);
    const announced = cloud.announced(space);
    expect(commits).toEqual(expect.arrayContaining(announced.map(({ commit }) => commit)));
    expect(new Set(announced.map(({ commit }) => commit.seq)).size).toBe(announced.length);
    for (const { channel } of announced) {
      if (channel) expect(channel).toMatch(new RegExp(`^test-.*:${space}:event:(created|updated)$`));
    }
    writer.socket.close();
  });
});
