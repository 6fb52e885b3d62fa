import { type ClientFrame, PROTOCOL_VERSION } from '@mnemon/protocol';
import type { Accept, ServerSocket } from '@mnemon/testing/faulty-network';
import type { MiniServerOptions } from '@mnemon/testing/mini-server';
import { describe, expect, test } from 'vitest';
import { createMiniWorld } from './mini-world.fixture.ts';
import type { Subscription } from './mnemon.ts';
import { openMnemon } from './open-mnemon.ts';
import type { Change } from './replica/change.ts';
import type { Status } from './status.ts';

/** `intercept` sees what a client says first, and keeps it from the server by answering true. */
function createWorld(
  serverOptions: Partial<MiniServerOptions> = {},
  intercept: (text: string, socket: ServerSocket) => boolean = () => false,
) {
  const intercepting = (accept: Accept) => (socket: ServerSocket) => {
    const accepted = accept(socket);
    if ('httpStatus' in accepted) return accepted;
    const received = (text: string) => {
      if (!intercept(text, socket)) accepted.received(text);
    };
    return { ...accepted, received };
  };
  const world = createMiniWorld(serverOptions, intercepting);
  const { clock, server, ports } = world;
  /** What the server says, whatever it means. */
  const say = (type: string, payload: unknown, id = '') =>
    server.say(JSON.stringify({ type, id, timestamp: clock.now(), payload }));
  const openAtOnce = (instanceId: string) =>
    openMnemon({ url: 'ws://mini', token: 'token', instanceId }, ports);
  const heard = <Type extends ClientFrame['type']>(type: Type) =>
    server.heard.filter((frame): frame is Extract<ClientFrame, { type: Type }> => frame.type === type);
  return { ...world, openAtOnce, say, heard };
}

test('what one client writes, the other is called with, and nothing survives close', async () => {
  const { open, settled, clock } = createWorld();
  const [a, b] = [await open('a'), await open('b')];
  const changes: Change[] = [];
  await settled(b.subscribe('tasks/**', (change) => changes.push(change)).ready);
  const written = a.write('tasks/1', { state: 'done' });
  expect(await a.read('tasks/1')).toEqual({ state: 'done' });
  expect(await settled(written)).toEqual({ key: 'tasks/1', version: 1, merged: false });
  await settled(a.write('other', 1));
  await settled(a.delete('tasks/1'));
  await clock.advance(10);
  expect(changes).toMatchObject([
    { type: 'created', key: 'tasks/1', value: { state: 'done' }, author: 'a', own: false },
    { type: 'deleted', key: 'tasks/1', author: 'a', own: false },
  ]);
  expect(changes[1]).not.toHaveProperty('value');
  expect((await settled(b.entries())).map(({ key }) => key)).toEqual(['other']);
  await settled(Promise.all([a.close(), b.close()]));
  await clock.advance(1);
  expect(clock.timerCount).toBe(0);
});

test('a lost connection comes back, and with it what was missed and what was written meanwhile', async () => {
  const { open, settled, clock, network, server } = createWorld();
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

test('the last frame, lost, is found by a heartbeat (I4)', async () => {
  const { open, settled, clock, network, server } = createWorld();
  const [a, b] = [await open('a'), await open('b')];
  await settled(b.entries());
  void a.write('k', 1);
  await Promise.resolve();
  network.setFaults({ dropRate: 1 }); // the write is on its way already, what it causes isn't
  await clock.advance(1);
  network.setFaults({ dropRate: 0 });
  expect(server.log).toHaveLength(1);
  await clock.advanceUntil(() => b.status.cursor?.seq[0] === 1, 2_500);
  expect(b.status).toMatchObject({ gaps: 1, reconnects: 0 });
});

test('a heartbeat that is refused was answered all the same: the connection stays', async () => {
  const refuse = (text: string, socket: ServerSocket) => {
    const { type, id, timestamp } = JSON.parse(text);
    if (type !== 'heartbeat') return false;
    const payload = { code: 'unavailable', message: 'the store is away', retryable: true };
    socket.send(JSON.stringify({ type: 'error', id, timestamp, payload }));
    return true;
  };
  const { open, clock } = createWorld({}, refuse);
  const a = await open('a');
  await clock.advance(10_000);
  expect(a.status).toMatchObject({ state: 'live', reconnects: 0 });
});

test('a subscription made while the connection is away starts with the next one', async () => {
  const { open, settled, clock, network } = createWorld();
  const [a, b] = [await open('a'), await open('b')];
  await settled(a.write('before', 1));
  network.cutAll();
  await clock.advance(2);
  expect(b.status.state).toBe('waiting');
  const seen: string[] = [];
  await settled(b.subscribe('**', ({ key }) => seen.push(key)).ready);
  expect((await b.entries()).map(({ key }) => key)).toEqual(['before']);
  await settled(a.write('after', 1));
  await clock.advanceUntil(() => seen.length > 0, 1_000);
  expect(seen).toEqual(['after']);
});

test('a server that ends each connection as soon as it stands is asked ever later, until one lasts', async () => {
  let isFailing = false;
  const { open, clock, sockets, network } = createWorld({}, (text, socket) => {
    if (isFailing && text.includes('"connect"')) clock.setTimeout(socket.close, 3);
    return false;
  });
  const a = await open('a');
  isFailing = true;
  network.cutAll();
  await clock.advance(60_000);
  expect(a.status.reconnects).toBeGreaterThan(3);
  expect(sockets.length).toBeLessThan(20);
  isFailing = false;
  await clock.advance(30_000);
  const count = sockets.length;
  network.cutAll();
  await clock.advance(300);
  expect(sockets).toHaveLength(count + 1);
});

test('a batch that the gateway closes the connection on is refused, and what follows it gets through', async () => {
  const { open, settled } = createWorld({}, (text, socket) => {
    if (!text.includes('huge')) return false;
    socket.close(1009);
    return true;
  });
  const a = await open('a');
  await expect(settled(a.write('k', 'huge'))).rejects.toMatchObject({ code: 'batch-too-large' });
  expect(await settled(a.write('k', 'small'))).toMatchObject({ version: 1 });
  expect(a.status).toMatchObject({ reconnects: 1, resends: 0, pendingOps: 0 });
});

describe('a client that only writes', () => {
  test('subscribes to nothing, and still knows what it has seen', async () => {
    const { open, settled, heard } = createWorld();
    const a = await open('a');
    await settled(a.write('k', 1));
    await settled(a.write('k', 2));
    expect(heard('connect')[0]?.payload).toEqual({ protocolVersion: PROTOCOL_VERSION, subscriptions: [] });
    expect(heard('subscribe')).toEqual([]);
    expect(heard('write').map(({ payload }) => payload.ops[0]?.seen)).toEqual([{}, { a: 1 }]);
    expect(a.status.cursor).toBeUndefined();
  });

  test('has seen the entry that a conflict showed it', async () => {
    const { open, settled, heard } = createWorld();
    const [a, b] = [await open('a'), await open('b')];
    await settled(b.write('k', 'theirs'));
    const refused = a.write('k', 'mine', { expectedVersion: 0 });
    await expect(settled(refused)).rejects.toMatchObject({ code: 'conflict', current: { version: 1 } });
    expect(await settled(a.write('k', 'mine', { expectedVersion: 1 }))).toMatchObject({ merged: false });
    expect(heard('write').at(-1)?.payload.ops[0]?.seen).toEqual({ b: 1 });
  });

  test('subscribes with its first read, and then on every connection, from its cursor on', async () => {
    const { open, settled, heard, network, clock } = createWorld();
    const a = await open('a');
    await settled(a.write('k', 1));
    expect(await settled(a.read('k'))).toBe(1);
    expect(heard('subscribe').map(({ payload }) => payload.patterns)).toEqual([['k/**']]);
    network.cutAll();
    await clock.advanceUntil(() => a.status.reconnects === 1);
    expect(heard('connect')[1]?.payload).toMatchObject({ subscriptions: ['k/**'], cursor: { seq: [1] } });
  });
});

describe('a client that is opened without waiting', () => {
  test('reads own writes at once, and sends them when there is a connection', async () => {
    const { openAtOnce, settled, server } = createWorld();
    const a = openAtOnce('a');
    const written = a.write('k', 1);
    const read = a.read('other');
    expect(await a.read('k')).toBe(1);
    expect(a.status).toMatchObject({ state: 'connecting', pendingOps: 1 });
    await settled(a.connected);
    expect(await settled(written)).toMatchObject({ version: 1 });
    expect(await settled(read)).toBeUndefined();
    expect(server.log).toHaveLength(1);
  });

  test('is tried for as long as the service is away', async () => {
    let isAway = true;
    const { openAtOnce, settled, clock } = createWorld({ refuse: () => (isAway ? 503 : undefined) });
    const a = openAtOnce('a');
    const written = a.write('k', 1);
    await clock.advance(600_000);
    isAway = false;
    expect(await settled(written)).toMatchObject({ version: 1 });
    await a.connected;
  });

  test('closes with the reason when no other try would help', async () => {
    const { openAtOnce, settled, clock } = createWorld({ refuse: () => 401 });
    const a = openAtOnce('a');
    const written = a.write('k', 1);
    await expect(settled(written)).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(a.connected).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(a.write('k', 2)).rejects.toMatchObject({ code: 'unauthorized' });
    expect(clock.timerCount).toBe(0);
  });

  test('can be closed before it ever connected', async () => {
    const { openAtOnce, settled, clock, network } = createWorld({ refuse: () => 503 });
    const a = openAtOnce('a');
    const written = a.write('k', 1);
    await settled(a.close());
    for (const each of [written, a.connected]) await expect(each).rejects.toMatchObject({ code: 'closed' });
    await clock.advance(1);
    expect([clock.timerCount, network.openCount]).toEqual([0, 0]);
  });
});

test('a ticket is asked for each connection, and travels in the URL, without a token', async () => {
  const { open, clock, network, sockets } = createWorld();
  let issued = 0;
  const a = await open('a', { token: async () => ({ ticket: `ticket-${++issued}` }) });
  network.cutAll();
  await clock.advanceUntil(() => a.status.reconnects === 1);
  expect(sockets.map(({ url, token }) => [url.search, token])).toEqual([
    ['?instance=a&ticket=ticket-1', undefined],
    ['?instance=a&ticket=ticket-2', undefined],
  ]);
});

describe('connect rejects', () => {
  test('when the token is refused', async () => {
    const { open, clock } = createWorld({ refuse: () => 401 });
    await expect(open('a')).rejects.toMatchObject({ code: 'unauthorized' });
    expect(clock.timerCount).toBe(0);
  });

  test('when every new token is refused, after a few of them', async () => {
    const { open } = createWorld({ refuse: () => 403 });
    let asked = 0;
    await expect(
      open('a', { token: () => `token-${++asked}`, connectTimeoutMs: 60_000 }),
    ).rejects.toMatchObject({
      code: 'unauthorized',
    });
    expect(asked).toBe(5);
  });

  test('when nothing answers in time, with the reason for the last failure', async () => {
    const { open, clock } = createWorld({ refuse: () => 503 });
    const started = clock.now();
    await expect(open('a', { connectTimeoutMs: 3_000 })).rejects.toMatchObject({
      code: 'unavailable',
      cause: expect.objectContaining({ message: 'the server answered HTTP 503' }),
    });
    expect(clock.now() - started).toBe(3_000);
    expect(clock.timerCount).toBe(0);
  });

  test('what can never work, at once', async () => {
    const { open } = createWorld();
    await expect(open('a', { url: 'http://mini' })).rejects.toMatchObject({ code: 'bad-request' });
    await expect(open('not an id')).rejects.toMatchObject({ code: 'bad-request' });
  });
});

describe('the server says goodbye', () => {
  test('because another connection took the name: closed for good', async () => {
    const { open, say, clock, sockets } = createWorld();
    const a = await open('a');
    say('disconnect', { code: 'replaced', message: 'another one' });
    await clock.advance(60_000);
    expect(a.status.state).toBe('closed');
    await expect(a.write('k', 1)).rejects.toMatchObject({ code: 'replaced' });
    await expect(a.read('k')).rejects.toMatchObject({ code: 'replaced' });
    expect(() => a.subscribe('**', () => {})).toThrow('another one');
    expect(sockets).toHaveLength(1);
  });

  test('because the token expired: back with a new one, if there is one', async () => {
    const { open, say, clock, sockets } = createWorld();
    let asked = 0;
    const a = await open('a', { token: () => `token-${++asked}` });
    const b = await open('b');
    say('disconnect', { code: 'token-expired', message: 'expired' });
    await clock.advanceUntil(() => a.status.reconnects === 1);
    expect(sockets.map(({ token }) => token)).toEqual(['token-1', 'token', 'token-2']);
    await expect(b.write('k', 1)).rejects.toMatchObject({ code: 'token-expired' });
  });

  test('for any other reason: back after a moment', async () => {
    const { open, say, clock } = createWorld();
    const a = await open('a');
    say('error', { code: 'not-connected', message: 'who are you?', retryable: true });
    await clock.advanceUntil(() => a.status.reconnects === 1);
  });
});

test('frames that are no message are counted, and harm nobody', async () => {
  const { open, settled, server, say, clock } = createWorld();
  const a = await open('a');
  server.say('{"message":"Internal server error","connectionId":"c","requestId":"r"}');
  server.say('not json');
  say('changes', { commits: 'none' });
  await clock.advance(1);
  expect(a.status).toMatchObject({ state: 'live', unreadable: 3 });
  await settled(a.write('k', 1));
});

test('bad input is refused before it is sent, with the codes of the wire', async () => {
  const { open, heard } = createWorld();
  const a = await open('a');
  const refused = {
    key: a.write('a//b', 1),
    size: a.write('k', 'x'.repeat(70_000)),
    value: a.write('k', Number.NaN),
  };
  await expect(refused.key).rejects.toMatchObject({ code: 'bad-key' });
  await expect(refused.size).rejects.toMatchObject({ code: 'value-too-large' });
  await expect(refused.value).rejects.toMatchObject({ code: 'bad-value' });
  await expect(a.delete('k', { expectedVersion: -1 })).rejects.toMatchObject({ code: 'bad-request' });
  expect(() => a.subscribe('a//b', () => {})).toThrow('empty segment');
  expect(heard('write')).toEqual([]);
});

test('what is written is a copy', async () => {
  const { open, settled } = createWorld();
  const a = await open('a');
  const value = { list: [1] };
  const written = a.write('k', value);
  value.list.push(2);
  await settled(written);
  expect(await settled(a.read('k'))).toEqual({ list: [1] });
});

test('a callback that fails harms nobody else, and is reported', async () => {
  const errors: unknown[] = [];
  const { open, settled, clock } = createWorld();
  const a = await open('a', { onError: (error) => errors.push(error) });
  const seen: string[] = [];
  const fail = () => {
    throw new Error('sync');
  };
  a.subscribe('**', fail);
  a.subscribe('**', () => Promise.reject(new Error('async')));
  await settled(a.subscribe('**', ({ key }) => seen.push(key)).ready);
  await settled(a.write('k', 1));
  await clock.advance(1);
  expect(seen).toEqual(['k']);
  expect(errors).toEqual([new Error('sync'), new Error('async')]);
});

test('who subscribes, or listens to the status, in a callback hears of what comes after that', async () => {
  const { open, settled } = createWorld();
  const a = await open('a');
  const seen: string[] = [];
  const subscribe = (depth: number): Subscription =>
    a.subscribe('**', ({ key }) => {
      seen.push(`${depth} ${key}`);
      if (depth < 3) subscribe(depth + 1);
    });
  await settled(subscribe(1).ready);
  await settled(a.write('one', 1));
  await settled(a.write('two', 1));
  expect(seen).toEqual(['1 one', '1 two', '2 two']);
  let told = 0;
  const listen = (): unknown =>
    a.onStatus(() => {
      told++;
      if (told < 50) listen();
    });
  listen();
  const written = a.write('three', 1);
  await Promise.resolve();
  expect(told).toBe(1);
  await settled(written);
});

test('a subscription that was ended hears nothing more', async () => {
  const { open, settled } = createWorld();
  const a = await open('a');
  const seen: string[] = [];
  const unsubscribe = a.subscribe('**', ({ key }) => seen.push(key));
  await settled(unsubscribe.ready);
  await settled(a.write('one', 1));
  unsubscribe();
  await settled(a.write('two', 1));
  expect(seen).toEqual(['one']);
});

test('a read that waits for a topic answers what is there, though the only one who wanted that leaves', async () => {
  const { open, settled, heard } = createWorld();
  const [a, b] = [await open('a'), await open('b')];
  await settled(a.write('k/1', 1));
  await settled(a.addTo('k/2', 'x'));
  const leave = b.subscribe('k/**', () => {});
  const reading = Promise.all([b.read('k/1'), b.removeFrom('k/2', 'x')]);
  leave();
  expect((await settled(reading))[0]).toBe(1);
  expect(heard('write').at(-1)?.payload.ops).toMatchObject([{ key: 'k/2', seenSeq: 2 }]);
});

test('what was read is seen by a later write, though its topic was given up meanwhile', async () => {
  const { open, settled, heard, clock } = createWorld();
  const [a, b] = [await open('a'), await open('b')];
  await settled(a.write('k/1', 1));
  const [read] = await settled(b.entries('k/**'));
  await clock.advanceUntil(() => heard('unsubscribe').length > 0, 100_000);
  await settled(b.write('k/1', 2));
  expect(heard('write').at(-1)?.payload.ops).toMatchObject([{ seen: read?.clock, seenSeq: read?.seq }]);
});

test('what was given up is said with every heartbeat until it is answered, and not what is wanted again', async () => {
  let isLost = true;
  const lose = (text: string) => isLost && JSON.parse(text).type === 'unsubscribe' && said.push(text) > 0;
  const said: string[] = [];
  const { open, settled, heard, clock } = createWorld({}, lose);
  const a = await open('a');
  const views = ['one/**', 'two/**'].map((pattern) => a.subscribe(pattern, () => {}));
  await settled(Promise.all(views.map(({ ready }) => ready)));
  for (const end of views) end();
  await clock.advanceUntil(() => said.length === 2, 10_000);
  expect(JSON.parse(said[0] as string).payload.patterns).toEqual(['one/**', 'two/**']);
  await settled(a.subscribe('two/**', () => {}).ready);
  isLost = false;
  await clock.advanceUntil(() => heard('unsubscribe').length > 0, 10_000);
  expect(heard('unsubscribe')[0]?.payload.patterns).toEqual(['one/**']);
  await clock.advance(60_000);
  expect(heard('unsubscribe')).toHaveLength(1);
  expect(heard('heartbeat').length).toBeGreaterThan(5);
});

test('flush has nothing to wait for when nothing is pending, connected or not', async () => {
  const { open, network, clock } = createWorld();
  const a = await open('a');
  await a.flush();
  network.cutAll();
  await clock.advance(2);
  await a.flush();
  expect(a.status.state).toBe('waiting');
});

test('status is the same object until something changes, and is told once per turn', async () => {
  const { open, settled } = createWorld();
  const a = await open('a');
  expect(a.status).toBe(a.status);
  const told: Status[] = [];
  const stop = a.onStatus((status) => told.push(status));
  const written = [a.write('a', 1), a.write('b', 1), a.write('c', 1)];
  await Promise.resolve();
  expect(told.map(({ pendingOps }) => pendingOps)).toEqual([3]);
  stop();
  await settled(Promise.all(written));
  expect(told).toHaveLength(1);
});

describe('close', () => {
  test('waits for acks, says goodbye, and rejects what comes later', async () => {
    const { open, settled, heard, clock } = createWorld();
    const a = await open('a');
    const written = a.write('k', 1);
    const closed = a.close();
    expect(a.close()).toBe(closed);
    await expect(a.write('late', 1)).rejects.toMatchObject({ code: 'closed' });
    await settled(closed);
    expect(await written).toMatchObject({ version: 1 });
    await clock.advance(1);
    expect(heard('disconnect')).toHaveLength(1);
    await expect(a.flush()).rejects.toMatchObject({ code: 'closed' });
  });

  test.each(['for a token', 'for the handshake', 'before the next attempt'])(
    'ends a client that waits %s',
    async (when) => {
      let isAway = false;
      const token = () => (isAway && when === 'for a token' ? new Promise<string>(() => {}) : 'token');
      const isLost = (text: string) => isAway && when === 'for the handshake' && text.includes('"connect"');
      const { open, settled, network, clock } = createWorld({}, isLost);
      const a = await open('a', { token });
      const read = a.read('k');
      isAway = true;
      network.cutAll();
      const state = { 'for a token': 'connecting', 'for the handshake': 'handshaking' }[when] ?? 'waiting';
      await clock.advanceUntil(() => a.status.state === state, 2_000);
      await settled(a.close());
      await expect(read).rejects.toMatchObject({ code: 'closed' });
      await clock.advance(1);
      expect([clock.timerCount, network.openCount]).toEqual([0, 0]);
    },
  );

  test('does not wait for ever, and rejects what was not acked', async () => {
    const { open, settled, network, clock } = createWorld();
    const a = await open('a');
    network.setFaults({ dropRate: 1 });
    const written = a.write('k', 1);
    const started = clock.now();
    await settled(a.close());
    expect(clock.now() - started).toBe(2_000);
    await expect(written).rejects.toMatchObject({ code: 'closed' });
    await clock.advance(1);
    expect(clock.timerCount).toBe(0);
  });
});

test('a value whose lifetime is over by the server’s clock is gone before anybody says so', async () => {
  const { open, settled, clock, say, server } = createWorld();
  const memory = await open('a');
  expect(await settled(memory.read('k'))).toBeUndefined();
  const aheadMs = 60_000; // this machine's clock is a minute behind
  const hlc = { wallMs: clock.now(), counter: 0 };
  const version = { key: 'k', version: 1, value: 'fleeting', clock: { b: 1 }, hlc, author: 'b' };
  const event = { type: 'created', ...version, expiresAtMs: clock.now() + aheadMs + 1_000 };
  const commit = {
    partition: 0,
    seq: server.log.length + 1,
    prev: server.log.length,
    author: 'b',
    events: [event],
  };
  server.say(
    JSON.stringify({
      ...{ type: 'changes', id: '', timestamp: clock.now() + aheadMs },
      payload: { epoch: 'epoch-1', commits: [commit] },
    }),
  );
  await clock.advance(100);
  expect(await settled(memory.read('k'))).toBe('fleeting');
  expect(await settled(memory.entries())).toHaveLength(1);
  await clock.advance(900);
  say('pong', {}); // of this machine's time again: the newest frame counts
  server.say(JSON.stringify({ type: 'pong', id: '', timestamp: clock.now() + aheadMs, payload: {} }));
  await clock.advance(10);
  expect(await settled(memory.read('k'))).toBeUndefined();
  expect(await settled(memory.entries())).toEqual([]);
  await settled(memory.close());
});
