import type { JsonValue, Strategy } from '@mnemon/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { httpClient } from './http-client.ts';
import { batchOf, put, writeRaw } from './raw-writes.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

/** What two write at once, so that the strategy has something to remember beside the value. */
const MEETINGS: [strategy: Strategy, first: JsonValue, second: JsonValue][] = [
  ['set', ['x'], ['y']],
  ['object-merge', { a: { x: 1 }, b: 1 }, { a: { y: 2 } }],
  ['array-merge', ['x'], ['y']],
];

const FIELD = '"merging"';

describe.each(engines)('what a strategy remembers, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  test.each(MEETINGS)('of %s is in no frame and in no HTTP answer', async (strategy, first, second) => {
    const space = cloud.newSpace();
    const sent: string[] = [];
    const listen = async (instanceId: string) => {
      const client = await cloud.connectRaw(space, instanceId);
      client.socket.on('message', (data) => sent.push(String(data)));
      return client;
    };
    const [ann, ben] = [await listen('ann'), await listen('ben')];
    const before = Date.now() - 1;
    await writeRaw(ann, batchOf([put('k', first, { strategy })]));
    await writeRaw(ben, batchOf([put('k', second, { strategy })]));
    await writeRaw(ben, batchOf([put('k', second, { expectedVersion: 1 })])); // refused with what is there
    const log = JSON.stringify(await cloud.commits(space));
    expect(log, 'it is kept').toContain(FIELD.replaceAll('"', '\\"'));

    const scope = { key: 'k' };
    await ben.ask({ type: 'catch-up', payload: {} }, 'caught-up');
    await ben.ask({ type: 'subscribe', payload: { patterns: ['k'] } }, 'caught-up');
    await ben.ask({ type: 'history', payload: { key: 'k' } }, 'history');
    await ben.ask({ type: 'state-request', payload: { scope } }, 'state-response');
    await ben.ask({ type: 'diff', payload: { scope, from: { timeMs: before } } }, 'diff');
    for (const payload of [{ get: 'k' }, { list: {} }, { search: { text: 'k' } }]) {
      await ben.ask({ type: 'read', payload }, 'read');
    }

    const http = await httpClient(cloud, space, 'cy');
    const answers: string[] = [];
    for (const path of [
      ...['/entry?key=k', '/entries', '/search?text=k', '/history?key=k', '/state?key=k'],
      ...[`/diff?key=k&from=${before}`, '/events', '/conflicts'],
    ]) {
      const answer = await http.ask(path);
      expect(answer.status, path).toBe(200);
      answers.push(await answer.text());
    }
    answers.push(await (await http.put('k', second, { 'if-match': '"1"' })).text());

    for (const text of [...sent, ...answers]) expect(text).not.toContain(FIELD);
    expect(
      answers.every((text) => text.includes('"k"')),
      'all of them tell of the entry',
    ).toBe(true);
    ann.socket.close();
    ben.socket.close();
  });
});
