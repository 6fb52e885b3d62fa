import type { Change } from '@mnemon/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const isChanges = (body: string): boolean => body.includes('"type":"changes"');

describe.each(engines)('selective subscribers, on $name', ({ backends }) => {
  let cloud: TestCloud;
  /** By connection, the `changes` frames that were posted to it. */
  const posted = new Map<string, number>();
  let drop: (connectionId: string) => boolean = () => false;
  beforeAll(async () => {
    cloud = await startTestCloud(backends, { heartbeatMs: 1_000 });
    cloud.gateway.faults.onPost = (id, body) => {
      if (!isChanges(body)) return 'deliver';
      if (drop(id)) return 'drop';
      posted.set(id, (posted.get(id) ?? 0) + 1);
      return 'deliver';
    };
  });
  afterAll(() => cloud.close());

  async function writerAndReaders() {
    const space = cloud.newSpace();
    const [writer, tasks, notes] = await Promise.all(
      ['writer', 'tasks', 'notes'].map((name) => cloud.connect(space, name)),
    );
    if (!writer || !tasks || !notes) throw new Error('not connected');
    const heard: Change[] = [];
    const subscription = tasks.subscribe('tasks/*/state', (change) => heard.push(change));
    await Promise.all([subscription.ready, notes.subscribe('notes/**', () => {}).ready]);
    const framesTo = async (name: string) => posted.get(await cloud.connectionId(space, name)) ?? 0;
    const close = () => Promise.all([writer, tasks, notes].map((each) => each.close()));
    return { space, writer, tasks, notes, heard, framesTo, close };
  }

  test('receive the frames of their topics and no others', async () => {
    const { writer, tasks, notes, heard, framesTo, close } = await writerAndReaders();
    for (let i = 0; i < 5; i++) await writer.write(`tasks/${i}/state`, i);
    for (let i = 0; i < 7; i++) await writer.write(`notes/${i}`, i);
    for (let i = 0; i < 9; i++) await writer.write(`other/${i}`, i);
    await eventually(async () => expect(await notes.entries('notes/**')).toHaveLength(7));
    expect(heard.map(({ value }) => value)).toEqual([0, 1, 2, 3, 4]);
    expect([await framesTo('tasks'), await framesTo('notes')]).toEqual([5, 7]);
    // The head is theirs without a frame of it: a heartbeat says so.
    await eventually(() => {
      for (const each of [tasks, notes]) expect(each.status.cursor?.seq).toEqual([21]);
    });
    expect(tasks.status).toMatchObject({ reloads: 0, headLag: 0 });
    await close();
  });

  test('find the frame that they lost: by the next of their topics, or by a heartbeat', async () => {
    const { space, writer, tasks, heard, close } = await writerAndReaders();
    const tasksId = await cloud.connectionId(space, 'tasks');
    let lost = 0;
    drop = (id) => id === tasksId && lost++ === 0;
    await writer.write('tasks/1/state', 'lost');
    await writer.write('notes/1', 1);
    await writer.write('tasks/2/state', 'next');
    await eventually(() => expect(heard.map(({ value }) => value)).toEqual(['lost', 'next']));
    lost = 0;
    await writer.write('tasks/3/state', 'last');
    await writer.write('notes/1', 2);
    await eventually(() => expect(heard.map(({ value }) => value)).toEqual(['lost', 'next', 'last']));
    expect(lost).toBeGreaterThan(0);
    expect(tasks.status).toMatchObject({ reloads: 0, reconnects: 0 });
    drop = () => false;
    await close();
  });

  test('that subscribe to more while commits are in flight lose and repeat nothing', async () => {
    const { writer, tasks, heard, close } = await writerAndReaders();
    const notes = new Map<string, unknown>();
    const writing = (async () => {
      for (let i = 0; i < 30; i++) await writer.write(i % 2 ? `tasks/${i}/state` : `notes/${i}`, i);
    })();
    await eventually(() => expect(heard.length).toBeGreaterThan(2));
    const more = tasks.subscribe('notes/*', ({ key, value }) => notes.set(key, value));
    await more.ready;
    const start = await tasks.entries('notes/*');
    await writing;
    await eventually(async () => expect(await tasks.entries('notes/*')).toHaveLength(15));
    expect(new Set([...start.map(({ key }) => key), ...notes.keys()]).size).toBe(15);
    expect(heard.map(({ value }) => value)).toEqual(Array.from({ length: 15 }, (_, i) => 2 * i + 1));
    await close();
  });

  test('that want a topic no more get no frames of it, and its state anew when they want it again', async () => {
    const { writer, tasks, framesTo, close } = await writerAndReaders();
    const again = tasks.subscribe('other/**', () => {});
    await again.ready;
    await writer.write('other/1', 1);
    await eventually(async () => expect(await framesTo('tasks')).toBe(1));
    again();
    await eventually(async () => {
      await writer.write('other/1', 2);
      const before = await framesTo('tasks');
      await writer.write('other/1', 3);
      expect(await framesTo('tasks')).toBe(before);
    });
    expect(await tasks.read('other/1')).toBe(3);
    await close();
  });
});
