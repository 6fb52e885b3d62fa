import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { batchOf, put, writeRaw } from './raw-writes.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const isChanges = (body: string): boolean => body.includes('"type":"changes"');

describe.each(engines)('frames that do not arrive, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends, { heartbeatMs: 1_000 });
  });
  afterAll(() => cloud.close());

  async function writerAndReader() {
    const space = cloud.newSpace();
    const [writer, reader] = await Promise.all([
      cloud.connect(space, 'writer'),
      cloud.connect(space, 'reader'),
    ]);
    await Promise.all([writer.entries(), reader.entries()]);
    const readerId = await cloud.connectionId(space, 'reader');
    const close = () => Promise.all([writer.close(), reader.close()]);
    return { space, writer, reader, readerId, close };
  }

  test('the next commit shows that one was dropped', async () => {
    const { writer, reader, readerId, close } = await writerAndReader();
    let dropped = 0;
    cloud.gateway.faults.onPost = (id, body) =>
      id === readerId && isChanges(body) && dropped++ === 0 ? 'drop' : 'deliver';
    await writer.write('lost', 1);
    await writer.write('next', 2);
    await eventually(async () => expect(await reader.entries()).toHaveLength(2));
    expect(dropped).toBeGreaterThan(0);
    await close();
  });

  test('the heartbeat shows that the last one was dropped', async () => {
    const { writer, reader, readerId, close } = await writerAndReader();
    let dropped = 0;
    cloud.gateway.faults.onPost = (id, body) =>
      id === readerId && isChanges(body) && ++dropped > 0 ? 'drop' : 'deliver';
    await writer.write('lost', 1);
    await eventually(async () => expect(await reader.read('lost')).toBe(1));
    expect(dropped).toBe(1);
    await close();
  });

  test('a post that is answered 429 is tried again', async () => {
    const { space, reader, close } = await writerAndReader();
    const raw = await cloud.connectRaw(space, 'raw');
    const rawId = await cloud.connectionId(space, 'raw');
    let refused = 0;
    cloud.gateway.faults.onPost = (id, body) =>
      id === rawId && isChanges(body) && refused++ < 2 ? 'limit' : 'deliver';
    expect(await writeRaw(raw, batchOf([put('a', 1)]))).toMatchObject({ commit: { seq: 1 } });
    expect(refused).toBe(3);
    await eventually(async () => expect(await reader.read('a')).toBe(1));
    raw.socket.close();
    await close();
  });

  test('one who is always answered 429 delays nobody for long, keeps its row and catches up', async () => {
    const { space, writer, reader, readerId, close } = await writerAndReader();
    cloud.gateway.faults.onPost = (id, body) => (id === readerId && isChanges(body) ? 'limit' : 'deliver');
    await writer.write('a', 1);
    await writer.write('a', 2);
    expect(await cloud.connectionId(space, 'reader')).toBe(readerId);
    await eventually(async () => expect(await reader.read('a')).toBe(2));
    await close();
  });

  test('one who is answered 410 is taken off the books, and comes back by itself when it lives', async () => {
    const { space, writer, reader, readerId, close } = await writerAndReader();
    cloud.gateway.faults.onPost = (id, body) => (id === readerId && isChanges(body) ? 'gone' : 'deliver');
    await writer.write('a', 1);
    await eventually(async () => {
      const rows = await cloud.connections.list(space, Date.now());
      expect(rows.map(({ connectionId }) => connectionId)).not.toContain(readerId);
    });
    await eventually(async () => expect(await reader.read('a')).toBe(1));
    await writer.write('a', 2);
    await eventually(async () => expect(await reader.read('a')).toBe(2));
    expect(reader.status.reconnects).toBeGreaterThan(0);
    await close();
  });

  test('the row of a connection whose $disconnect was dropped goes with the next commit', async () => {
    const { space, writer, reader, readerId, close } = await writerAndReader();
    cloud.gateway.faults.onPost = () => 'deliver';
    const ghost = await cloud.connectRaw(space, 'ghost');
    const ghostId = await cloud.connectionId(space, 'ghost');
    cloud.gateway.faults.dropDisconnect = (id) => id === ghostId;
    ghost.socket.terminate();
    await eventually(() => expect(cloud.gateway.connectionIds()).not.toContain(ghostId));
    expect(await cloud.connectionId(space, 'ghost'), 'nobody has noticed').toBe(ghostId);

    await writer.write('a', 1);
    await eventually(() => expect(cloud.connectionId(space, 'ghost')).rejects.toThrow('not connected'));
    const back = await cloud.connect(space, 'ghost');
    expect(await back.read('a')).toBe(1);
    await writer.write('a', 2);
    await eventually(async () => expect(await back.read('a')).toBe(2));
    expect(await cloud.connectionId(space, 'reader'), 'those who live stay').toBe(readerId);
    expect(await reader.read('a')).toBe(2);
    cloud.gateway.faults.dropDisconnect = false;
    await Promise.all([back.close(), close()]);
  });
});
