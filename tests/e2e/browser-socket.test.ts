import { connect } from '@mnemon/client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { MAX_MESSAGE_BYTES, openSocket } from '../../packages/client/src/connection/socket-browser.ts';
import { engines } from './engines.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

describe.each(engines)("through a browser's socket, which can't cut messages, on $name", ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    vi.stubGlobal('WebSocket', WebSocket); // has the same face
    cloud = await startTestCloud(backends);
  });
  afterAll(async () => {
    await cloud.close();
    vi.unstubAllGlobals();
  });

  const open = async (maxMessageBytes: number) => {
    const token = await cloud.issueToken({ space: cloud.newSpace() });
    return connect({ url: cloud.url, token, instanceId: 'tab' }, { openSocket, maxMessageBytes });
  };

  test('more than a frame of writes goes in as many batches as it takes', async () => {
    const tab = await open(MAX_MESSAGE_BYTES);
    const writes = Array.from({ length: 60 }, (_, i) => tab.write(`keys/${i}`, '🌍'.repeat(500)));
    for (const written of await Promise.all(writes)) expect(written.version).toBe(1);
    const largest = { text: 'x'.repeat(30_000) };
    expect(await tab.write('large', largest)).toMatchObject({ version: 1 });
    await expect(tab.write('too/large', 'x'.repeat(33_000))).rejects.toMatchObject({
      code: 'value-too-large',
    });
    expect(tab.status).toMatchObject({ reconnects: 0, resends: 0 });
    await tab.close();
  });

  test('a batch that the gateway refuses in spite of that is given up, and the next one gets through', async () => {
    const tab = await open(90 * 1024);
    await expect(tab.write('k', 'x'.repeat(50_000))).rejects.toMatchObject({ code: 'batch-too-large' });
    expect(await tab.write('k', 'small')).toMatchObject({ version: 1 });
    await tab.close();
  });
});
