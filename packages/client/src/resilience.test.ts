import { createFakeClock } from '@mnemon/testing/fake-clock';
import { createFaultyNetwork, type ServerSocket } from '@mnemon/testing/faulty-network';
import { createMemoryDisk } from '@mnemon/testing/memory-outbox-store';
import { createMiniServer } from '@mnemon/testing/mini-server';
import { seededRandom } from '@mnemon/testing/seeded-random';
import { describe, expect, test } from 'vitest';
import { FAILURES_TO_OPEN } from './connection/circuit.ts';
import type { Mnemon } from './mnemon.ts';
import { type OpenOptions, openMnemon } from './open-mnemon.ts';
import type { Status } from './status.ts';

function createWorld(refuse: (socket: ServerSocket) => number | undefined = () => undefined) {
  const clock = createFakeClock();
  const random = seededRandom(1);
  const state = { isAway: false };
  const said: string[] = [];
  const server = createMiniServer({
    now: clock.now,
    refuse: (socket) => (state.isAway ? 503 : refuse(socket)),
  });
  const accept = (socket: ServerSocket) => {
    const accepted = server.accept(socket);
    if ('httpStatus' in accepted) return accepted;
    const received = (text: string) => {
      said.push(text);
      accepted.received(text);
    };
    return { ...accepted, received };
  };
  const network = createFaultyNetwork({ clock, random, accept });
  const ports = { clock, random, openSocket: network.openSocket };
  const open = (instanceId: string, options: Partial<OpenOptions> = {}) =>
    openMnemon({ url: 'ws://mini', token: 'token', instanceId, ...options }, ports);
  return { clock, network, server, open, settled: clock.settled, said, state };
}

describe('the circuit', () => {
  async function away() {
    const world = createWorld();
    const memory = world.open('a');
    await world.settled(memory.read('followed/key'));
    world.state.isAway = true;
    world.network.cutAll();
    return { ...world, memory };
  }

  test('opens after some failures in a row: what only the server can answer fails at once, all else goes on', async () => {
    const { memory, clock } = await away();
    const waiting = [memory.read('other/key'), memory.entries('more/**'), memory.removeFrom('a/set', 1)];
    await clock.advanceUntil(() => memory.status.circuit === 'open', 60_000);
    const asked = [memory.read('third/key'), memory.list(''), memory.read('other/key', { mode: 'server' })];
    for (const each of [...waiting, ...asked]) {
      await expect(each).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    }
    expect(await memory.read('followed/key')).toBeUndefined();
    void memory.write('other/key', 1);
    expect(await memory.read('other/key')).toBe(1);
    expect(memory.status.pendingOps).toBe(1);
  });

  test('is half open while it is tried, and until that has lasted a heartbeat; then it is closed', async () => {
    const { memory, clock, state } = await away();
    const seen: string[] = [];
    memory.onStatus(({ circuit, state: name }: Status) => seen.push(`${name} ${circuit}`));
    await clock.advanceUntil(() => memory.status.circuit === 'open', 60_000);
    expect(seen.filter((each) => each === 'waiting closed').length).toBeLessThan(FAILURES_TO_OPEN);
    await clock.advanceUntil(() => memory.status.state === 'connecting', 60_000);
    expect(memory.status.circuit).toBe('half-open');
    state.isAway = false;
    await clock.advanceUntil(() => memory.status.state === 'live', 60_000);
    expect(memory.status.circuit).toBe('half-open');
    await clock.advance(1_100);
    expect(memory.status.circuit).toBe('closed');
  });

  test('does not hold up who waits for a try that succeeds', async () => {
    const { memory, clock, state, settled } = await away();
    await clock.advanceUntil(() => memory.status.circuit === 'open', 60_000);
    state.isAway = false;
    await clock.advanceUntil(() => memory.status.circuit === 'half-open', 60_000);
    expect(await settled(memory.read('third/key'))).toBeUndefined();
  });
});

test('topics that are long together are followed as one: what a client says fits a browser’s frame', async () => {
  const { open, settled, said } = createWorld();
  const memory = open('a');
  const views = Array.from({ length: 60 }, (_, at) =>
    memory.subscribe(`${'"'.repeat(400)}${at}/${'k'.repeat(40)}/*`, () => {}),
  );
  await settled(Promise.all(views.map(({ ready }) => ready)));
  expect(Math.max(...said.map((text) => text.length))).toBeLessThan(32 * 1024);
});

test('no rejection is ever unhandled, whatever fails and whoever does not listen', async () => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', listen);
  try {
    for (const fail of FAILURES) await fail();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', listen);
  }
});

/** Every call that answers a promise; nobody looks at it. */
function callEverything(memory: Mnemon): void {
  void memory.write('k', 1);
  void memory.write('k', 1, { expectedVersion: 99 });
  void memory.write('', 1);
  void memory.write('k', 1, { durability: 'queued' });
  void memory.write('k', Symbol('no JSON') as never);
  void memory.write('k', 'x'.repeat(2_000_000));
  void memory.delete('k', { durability: 'queued' });
  void memory.increment('n', 0.5);
  void memory.addTo('set', 1);
  void memory.removeFrom('other/set', 1);
  void memory.read('deep/key/there');
  void memory.read('k', { mode: 'server' });
  void memory.entries('**');
  void memory.list('');
  void memory.search('word');
  void memory.lock('lock');
  void memory.withLock('lock', {}, () => {
    throw new Error('the work');
  });
  void memory.flush();
  void memory.connected;
  try {
    memory.subscribe('**', async () => {
      throw new Error('a callback');
    });
    memory.onStatus(async () => {
      throw new Error('a listener');
    });
  } catch {
    // closed
  }
}

const OPTIONS = {
  onError: () => {
    throw new Error('the handler of errors');
  },
  onRefused: () => {
    throw new Error('the handler of refusals');
  },
};

const FAILURES: (() => Promise<void>)[] = [
  async function thatWorks() {
    const { open, clock } = createWorld();
    const memory = open('a', OPTIONS);
    callEverything(memory);
    await clock.advance(20_000);
    void memory.close();
    callEverything(memory);
    await clock.advance(20_000);
    expect(clock.timerCount).toBe(0);
  },
  async function thatIsRefused() {
    const { open, clock } = createWorld(() => 401);
    const memory = open('a', OPTIONS);
    callEverything(memory);
    await clock.advance(1_000);
    callEverything(memory);
    expect(clock.timerCount).toBe(0);
  },
  async function whoseTokenFails() {
    const { open, clock } = createWorld();
    const memory = open('a', { ...OPTIONS, token: () => Promise.reject(new Error('no token')) });
    callEverything(memory);
    await clock.advance(60_000);
    callEverything(memory);
    void memory.close();
    await clock.advance(20_000);
    expect(clock.timerCount).toBe(0);
  },
  async function thatIsAwayAndCut() {
    const { open, clock, state, network } = createWorld();
    const memory = open('a', OPTIONS);
    await clock.advance(100);
    callEverything(memory);
    network.cutAll();
    state.isAway = true;
    await clock.advance(60_000);
    callEverything(memory);
    void memory.close();
    await clock.advance(20_000);
    expect(clock.timerCount).toBe(0);
  },
  async function whoseDiskIsFull() {
    const { open, clock } = createWorld();
    const disk = createMemoryDisk();
    disk.setFull(true);
    const memory = open('a', { ...OPTIONS, outboxStore: await disk.open() });
    callEverything(memory);
    await clock.advance(60_000);
    void memory.close();
    callEverything(memory);
    await clock.advance(20_000);
    expect([clock.timerCount, disk.isOpen]).toEqual([0, false]);
  },
  async function whoseStoreIsBroken() {
    const { open } = createWorld();
    const disk = createMemoryDisk();
    const store = await disk.open();
    await store.save(new Map([[0, 'no head']]));
    expect(() => open('a', { ...OPTIONS, outboxStore: store })).toThrow();
    await Promise.resolve();
    expect(disk.isOpen).toBe(false);
  },
];
