import { createFakeClock } from '@mnemon/testing/fake-clock';
import { createFaultyNetwork } from '@mnemon/testing/faulty-network';
import { createMiniServer, type MiniServerOptions } from '@mnemon/testing/mini-server';
import { seededRandom } from '@mnemon/testing/seeded-random';
import { expect, test } from 'vitest';
import type { Change } from './change.ts';
import { type ConnectOptions, connect } from './connect.ts';

function world(serverOptions: Partial<MiniServerOptions> = {}) {
  const clock = createFakeClock();
  const random = seededRandom(1);
  const server = createMiniServer({ now: clock.now, ...serverOptions });
  const network = createFaultyNetwork({ clock, random, accept: server.accept });
  const ports = { clock, random, openSocket: network.openSocket };
  const settled = async <T>(promise: Promise<T>): Promise<T> => {
    let done = false;
    const finish = () => {
      done = true;
    };
    promise.then(finish, finish);
    await clock.advanceUntil(() => done);
    return promise;
  };
  const open = (instanceId: string, options: Partial<ConnectOptions> = {}) =>
    settled(connect({ url: 'ws://mini', token: 'token', instanceId, ...options }, ports));
  return { clock, server, network, settled, open };
}

test('what one client writes, the other is called with', async () => {
  const { open, settled, clock } = world();
  const [a, b] = [await open('a'), await open('b')];
  const changes: Change[] = [];
  const subscription = b.subscribe('tasks/**', (change) => changes.push(change));
  await settled(subscription.ready);
  const written = a.write('tasks/1', { state: 'done' });
  expect(await a.read('tasks/1')).toEqual({ state: 'done' });
  expect(await settled(written)).toEqual({ key: 'tasks/1', version: 1, merged: false });
  await clock.advance(10);
  expect(changes).toMatchObject([
    { type: 'created', key: 'tasks/1', value: { state: 'done' }, author: 'a', own: false },
  ]);
  await settled(Promise.all([a.close(), b.close()]));
  await clock.advance(1);
  expect(clock.timerCount).toBe(0);
});

test('a lost connection comes back, and what was missed with it', async () => {
  const { open, settled, clock, network, server } = world();
  const [a, b] = [await open('a'), await open('b')];
  const seen: string[] = [];
  await settled(b.subscribe('**', ({ key }) => seen.push(key)).ready);
  network.cutAll();
  await clock.advance(2);
  const written = a.write('k/1', 1);
  expect(await b.read('k/1')).toBeUndefined();
  await settled(written);
  await clock.advanceUntil(() => b.status.state === 'live');
  expect(seen).toEqual(['k/1']);
  expect(b.status).toMatchObject({ reconnects: 1, cursor: server.head, headLag: 0 });
});
