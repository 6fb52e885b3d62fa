import { MemorySyncManager, type Mnemon } from '@mnemon/client';
import type { SpaceId } from '@mnemon/protocol';
import { type Browser, type BrowserContext, chromium, type JSHandle, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chromiumPath } from '../chromium.ts';
import { browserBundle } from './browser/browser-bundle.ts';
import { type ServedPage, servePage } from './browser/serve-page.ts';
import { eventually } from './eventually.ts';
import { httpClient } from './http-client.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const executablePath = chromiumPath();

describe.skipIf(!executablePath)('the client in a web page', () => {
  let cloud: TestCloud;
  let browser: Browser;
  let served: ServedPage;
  beforeAll(async () => {
    const { script } = await browserBundle(new URL('browser/page-entry.ts', import.meta.url));
    [cloud, browser, served] = await Promise.all([
      startTestCloud({}),
      chromium.launch({ executablePath: executablePath ?? '' }),
      servePage(script),
    ]);
  });
  afterAll(() => Promise.all([browser.close(), served.close(), cloud.close()]));

  let context: BrowserContext;
  let page: Page;
  const uncaught: Error[] = [];
  const openPage = async (): Promise<Page> => {
    const opened = await context.newPage();
    opened.on('pageerror', (error) => uncaught.push(error));
    await opened.goto(served.url);
    return opened;
  };
  beforeEach(async () => {
    context = await browser.newContext();
    page = await openPage();
  });
  afterEach(async () => {
    await context.close();
    expect(uncaught.splice(0), 'errors that nobody caught').toEqual([]);
  });

  /** The page's client, its token shown as a subprotocol. */
  const connectTab = async (space: SpaceId, instanceId = 'tab'): Promise<JSHandle<Mnemon>> =>
    page.evaluateHandle((options) => mnemon.connect(options), {
      url: cloud.url,
      token: await cloud.issueToken({ space }),
      instanceId,
    });
  const stateOf = (tab: JSHandle<Mnemon>) => tab.evaluate(({ status }) => status);

  test('writes what others see, sees what others write, and reads its own at once (I9)', async () => {
    const space = cloud.newSpace();
    const [tab, worker] = await Promise.all([connectTab(space), cloud.connect(space, 'worker')]);
    await tab.evaluate((memory) => {
      document.title = 'nothing yet';
      return memory.subscribe('from/*', ({ key, value, author }) => {
        document.title = JSON.stringify({ key, value, author });
      }).ready;
    });
    const own = await tab.evaluate(async (memory) => {
      const written = memory.write('tasks/42/state', { done: true, by: '🌍' });
      return { readBeforeAck: await memory.read('tasks/42/state'), written: await written };
    });
    expect(own).toEqual({
      readBeforeAck: { done: true, by: '🌍' },
      written: { key: 'tasks/42/state', version: 1, merged: false },
    });
    expect(await worker.read('tasks/42/state', { mode: 'server' })).toEqual({ done: true, by: '🌍' });
    await worker.write('from/worker', [1, 2]);
    const heard = { key: 'from/worker', value: [1, 2], author: 'worker' };
    await eventually(async () => expect(await page.title()).toBe(JSON.stringify(heard)));
    await worker.close();
  });

  test('connects by tickets that it asks for across origins, one for each connection', async () => {
    const space = cloud.newSpace();
    const token = await cloud.issueToken({ space });
    const tab = await page.evaluateHandle(
      async ({ url, httpUrl, authorization }) => {
        const takeTicket = async () => {
          const headers = { authorization, 'x-mnemon-instance': 'tab' };
          const answer = await fetch(`${httpUrl}/tickets`, { method: 'POST', headers });
          return (await answer.json()) as { ticket: string };
        };
        return mnemon.connect({ url, token: takeTicket, instanceId: 'tab' });
      },
      { url: cloud.url, httpUrl: cloud.httpUrl, authorization: `Bearer ${token}` },
    );
    await tab.evaluate((memory) => memory.write('by', 'ticket'));
    await cloud.cut(space, 'tab');
    await eventually(async () => expect(await stateOf(tab)).toMatchObject({ state: 'live', reconnects: 1 }));
    expect(await tab.evaluate((memory) => memory.write('by', 'another ticket'))).toMatchObject({
      version: 2,
    });
  });

  test('comes back after a lost connection, and catches up from the log', async () => {
    const space = cloud.newSpace();
    const [tab, worker] = await Promise.all([connectTab(space), cloud.connect(space, 'worker')]);
    const heard = await tab.evaluateHandle(async (memory) => {
      const keys: string[] = [];
      await memory.subscribe('missed/*', ({ key }) => keys.push(key)).ready;
      return keys;
    });
    await cloud.cut(space, 'tab');
    await Promise.all(Array.from({ length: 20 }, (_, i) => worker.write(`missed/${i}`, i)));
    const missed = Array.from({ length: 20 }, (_, i) => `missed/${i}`);
    await eventually(async () => {
      expect((await heard.jsonValue()).sort()).toEqual(missed.sort());
    });
    expect(await stateOf(tab)).toMatchObject({ reconnects: 1, reloads: 0, headLag: 0 });
    await worker.close();
  });

  test('cuts what is longer than a frame into batches below 32 KB', async () => {
    const tab = await connectTab(cloud.newSpace());
    const versions = await tab.evaluate(async (memory) => {
      const writes = Array.from({ length: 60 }, (_, i) => memory.write(`keys/${i}`, '🌍'.repeat(500)));
      const large = memory.write('large', 'x'.repeat(31_000));
      return (await Promise.all([...writes, large])).map(({ version }) => version);
    });
    expect(versions).toEqual(Array.from({ length: 61 }, () => 1));
    const refused = await tab.evaluate((memory) =>
      memory.write('too/large', 'x'.repeat(33_000)).catch((error: unknown) => ({
        isBranded: mnemon.isMnemonError(error),
        code: mnemon.isMnemonError(error) && error.code,
      })),
    );
    expect(refused).toEqual({ isBranded: true, code: 'value-too-large' });
    expect(await stateOf(tab)).toMatchObject({ reconnects: 0, resends: 0, pendingOps: 0 });
  });

  test('goes on while the browser is offline, and sends what was written when it is back', async () => {
    const space = cloud.newSpace();
    const [tab, worker] = await Promise.all([connectTab(space), cloud.connect(space, 'worker')]);
    const attempts = await tab.evaluateHandle(async (memory) => {
      await memory.read('draft');
      const states: string[] = [];
      memory.onStatus(({ state }) => states.push(state));
      return states;
    });
    await context.setOffline(true);
    await cloud.cut(space, 'tab');
    const inVain = (states: string[]) => states.filter((state) => state === 'connecting').length;
    await eventually(async () => expect(await attempts.evaluate(inVain)).toBeGreaterThan(1));

    const written = await tab.evaluateHandle((memory) => {
      const all = [memory.write('draft', 'one'), memory.write('draft', 'two'), memory.increment('edits', 3)];
      return { all: Promise.all(all) };
    });
    expect(await tab.evaluate((memory) => memory.read('draft'))).toBe('two');
    expect(await worker.read('draft', { mode: 'server' })).toBeUndefined();

    await context.setOffline(false);
    const acked = await written.evaluate(({ all }) => all);
    expect(acked.map(({ key, version }) => `${key} ${version}`)).toEqual(['draft 1', 'draft 1', 'edits 1']);
    expect(await worker.read('draft', { mode: 'server' })).toBe('two');
    expect(await worker.read('edits', { mode: 'server' })).toBe(3);
    await worker.close();
  });

  test('keeps in IndexedDB what is not acked, for the page that comes after it', async () => {
    const space = cloud.newSpace();
    const options = { url: cloud.url, token: await cloud.issueToken({ space }), instanceId: 'tab' };
    const open = (): Promise<JSHandle<Mnemon>> =>
      page.evaluateHandle(async (given) => {
        const outboxStore = await mnemon.openIndexedDbOutbox({ name: 'tab' });
        return mnemon.openMnemon({ ...given, outboxStore });
      }, options);
    const first = await open();
    await first.evaluate((memory) => memory.connected);
    await context.setOffline(true);
    await cloud.cut(space, 'tab');
    await eventually(async () => expect((await stateOf(first)).state).toBe('waiting'));
    await first.evaluate((memory) => memory.write('draft', 'kept', { durability: 'queued' }));
    await page.close();

    await context.setOffline(false);
    page = await openPage();
    const second = await eventually(open); // the browser takes the first page's lock on the store back
    expect(await second.evaluate((memory) => memory.read('draft'))).toBe('kept');
    await second.evaluate((memory) => memory.flush());
    const reader = await httpClient(cloud, space, 'reader');
    expect(await reader.get('draft')).toMatchObject({ value: 'kept', version: 1 });
  });

  test('MemorySyncManager does there what it does elsewhere', async () => {
    const space = cloud.newSpace();
    const token = await cloud.issueToken({ space });
    const worker = await MemorySyncManager.connect({ workerId: 'worker', url: cloud.url, token });
    const tab = await page.evaluateHandle((options) => mnemon.MemorySyncManager.connect(options), {
      workerId: 'tab',
      url: cloud.url,
      token,
    });
    await tab.evaluate(async (manager) => {
      const subscribed = new Promise((resolve) => manager.once('subscribed', resolve));
      manager.subscribe('tasks/*', {
        onChange: (key) => {
          document.title = key;
        },
      });
      await subscribed;
    });
    await worker.syncTaskState('42', { status: 'running' });
    await eventually(async () => expect(await page.title()).toBe('task-sentinel/tasks/42/state'));
    expect(await worker.acquireTaskLock('42')).toBe(true);
    const held = await tab.evaluate(async (manager) => ({
      state: await manager.getTaskState('42'),
      lock: await manager.acquireTaskLock('42'),
    }));
    expect(held).toEqual({ state: { status: 'running' }, lock: false });
    await Promise.all([worker.shutdown(), tab.evaluate((manager) => manager.shutdown())]);
  });

  test('closes: what was written before is durable, the connection is gone, and nothing works any more', async () => {
    const space = cloud.newSpace();
    const tab = await connectTab(space);
    const after = await tab.evaluate(async (memory) => {
      void memory.write('last', 'words');
      await memory.close();
      const refused = await memory.write('late', 1).catch((error: unknown) => error);
      return { state: memory.status.state, code: mnemon.isMnemonError(refused) && refused.code };
    });
    expect(after).toEqual({ state: 'closed', code: 'closed' });
    await eventually(async () => expect(await cloud.connections.list(space, Date.now())).toEqual([]));
    const reader = await httpClient(cloud, space, 'reader');
    expect((await reader.get('last')).value).toBe('words');
  });
});
