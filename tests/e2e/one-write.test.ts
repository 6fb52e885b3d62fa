import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

describe.each(engines)('one write, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  test('reaches the other instance, the log and whoever comes later', async () => {
    const space = cloud.newSpace();
    const [writer, reader] = await Promise.all([cloud.connect(space, 'writer'), cloud.connect(space, 'reader')]);
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
});
