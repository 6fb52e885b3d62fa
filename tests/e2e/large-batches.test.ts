import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

describe.each(engines)('large writes, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  async function writerAndReader() {
    const space = cloud.newSpace();
    const [writer, reader] = await Promise.all([
      cloud.connect(space, 'writer'),
      cloud.connect(space, 'reader'),
    ]);
    await Promise.all([writer.entries(), reader.entries()]);
    return { space, writer, reader, close: () => Promise.all([writer.close(), reader.close()]) };
  }

  test('a value of 60 KB goes through the gateway in frames that it takes', async () => {
    const { writer, reader, close } = await writerAndReader();
    const value = { text: '🌍 ä'.repeat(60 * 146) }; // seven bytes each; frames end within characters
    expect(await writer.write('large', value)).toMatchObject({ version: 1 });
    await eventually(async () => expect(await reader.read('large')).toEqual(value));
    expect([writer.status.reconnects, reader.status.reconnects]).toEqual([0, 0]);
    await close();
  });

  test('90 KB in 90 writes are one batch, one commit and one change after the other', async () => {
    const { space, writer, reader, close } = await writerAndReader();
    const keys = Array.from({ length: 90 }, (_, i) => `keys/${String(i).padStart(2, '0')}`);
    const heard: string[] = [];
    reader.subscribe('keys/*', ({ key }) => heard.push(key));
    await Promise.all(keys.map((key) => writer.write(key, 'x'.repeat(900))));
    const commits = await cloud.commits(space);
    expect(commits.map(({ commit }) => commit.events.length)).toEqual([90]);
    await eventually(() => expect(heard).toEqual(keys));
    expect(writer.status.reconnects).toBe(0);
    await close();
  });

  test('a megabyte of writes is cut into batches that all arrive', async () => {
    const { space, writer, reader, close } = await writerAndReader();
    const writes = Array.from({ length: 40 }, (_, i) => writer.write(`keys/${i}`, 'x'.repeat(25_000)));
    for (const written of await Promise.all(writes)) expect(written.version).toBe(1);
    await eventually(async () => expect(await reader.entries()).toHaveLength(40));
    const late = await cloud.connect(space, 'late');
    expect(await late.entries(), 'a state of several pages').toHaveLength(40);
    expect(await cloud.verify(space)).toMatchObject({ intact: true });
    await Promise.all([late.close(), close()]);
  });
});
