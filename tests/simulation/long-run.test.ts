import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connect, type Mnemon } from '@mnemon/client';
import { createFakeClock } from '@mnemon/testing/fake-clock';
import { createFaultyNetwork, NO_FAULTS } from '@mnemon/testing/faulty-network';
import { createMemoryDisk } from '@mnemon/testing/memory-outbox-store';
import { createMiniServer } from '@mnemon/testing/mini-server';
import { seededRandom } from '@mnemon/testing/seeded-random';
import { expect, onTestFinished, test } from 'vitest';

const HOURS = 8;
const HOUR_MS = 3_600_000;
const WRITE_EVERY_MS = 50_000;
const CUT_EVERY_MS = 5 * WRITE_EVERY_MS;
const KEYS = 40;

/** Asks for the bare call sites: a stack as text, with source maps, would take most of the test's time. */
function isCalledByClient(): boolean {
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFileName() ?? '');
  const files = new Error().stack as unknown as string[];
  Error.prepareStackTrace = prepareStackTrace;
  return files.some((file) => file.includes('/packages/client/src/'));
}

/** From now on tells the total size of the maps and sets that the client made and that something still holds. */
function watchCollections(): { totalSize: () => number; stop: () => void } {
  const made: WeakRef<{ readonly size: number }>[] = [];
  const { Map: PlainMap, Set: PlainSet } = globalThis;
  const watch = (collection: { readonly size: number }) => {
    if (isCalledByClient()) made.push(new WeakRef(collection));
  };
  globalThis.Map = class<Key, Value> extends PlainMap<Key, Value> {
    constructor(entries?: Iterable<readonly [Key, Value]>) {
      super(entries);
      watch(this);
    }
  } as MapConstructor;
  globalThis.Set = class<Value> extends PlainSet<Value> {
    constructor(values?: Iterable<Value>) {
      super(values);
      watch(this);
    }
  } as SetConstructor;
  v8.setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  return {
    totalSize() {
      collectGarbage();
      return made.reduce((sum, collection) => sum + (collection.deref()?.size ?? 0), 0);
    },
    stop: () => void Object.assign(globalThis, { Map: PlainMap, Set: PlainSet }),
  };
}

test(`${HOURS} hours of writes, reads, subscriptions and lost connections leave nothing behind`, {
  timeout: 120_000,
}, async () => {
  const clock = createFakeClock();
  const random = seededRandom(7);
  const server = createMiniServer({ now: clock.now, heartbeatMs: 60_000, maxMissed: 200 });
  const network = createFaultyNetwork({ clock, random, accept: server.accept });
  const disk = createMemoryDisk();
  const outboxStore = await disk.open();
  const ports = { clock, random, openSocket: network.openSocket };
  const options = { url: 'ws://mini', token: 't', instanceId: 'worker', batchIntervalMs: 100, outboxStore };
  const { totalSize, stop } = watchCollections();
  onTestFinished(stop);
  const connecting = connect(options, ports);
  await clock.advance(1_000);
  const memory = await connecting;
  let heard = 0;
  memory.subscribe('keys/**', () => heard++);

  async function live(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += WRITE_EVERY_MS) {
      if (passedMs % CUT_EVERY_MS === 0) network.cutAll();
      network.setFaults(
        passedMs % HOUR_MS < HOUR_MS / 4 ? { ...NO_FAULTS, dropRate: 0.1, maxDelayMs: 300 } : NO_FAULTS,
      );
      useOnce(memory, passedMs / WRITE_EVERY_MS);
      await clock.advance(WRITE_EVERY_MS);
    }
    network.setFaults(NO_FAULTS);
    const isQuiet = () => memory.status.state === 'live' && memory.status.pendingOps === 0;
    await clock.advanceUntil(isQuiet, HOUR_MS);
    await clock.advance(130_000);
  }

  const held = () => ({
    collections: totalSize(),
    timers: clock.timerCount,
    sockets: network.openCount,
    records: disk.records.size,
  });
  await live(HOUR_MS);
  const afterOne = held();
  await live((HOURS - 1) * HOUR_MS);
  const afterAll = held();
  expect(afterAll).toEqual({ ...afterOne, collections: afterAll.collections });
  expect(afterAll.collections).toBeLessThan(afterOne.collections + 10); // which keys are deleted just now varies
  expect(afterOne.collections).toBeGreaterThan(KEYS);
  expect(afterOne).toMatchObject({ sockets: 1, records: 1 });
  expect(memory.status.reconnects).toBeGreaterThan(HOURS * 10);
  expect(heard).toBeGreaterThan(HOURS * 70);

  const closed = memory.close();
  await clock.advance(5_000);
  await closed;
  expect([clock.timerCount, network.openCount, disk.isOpen]).toEqual([0, 0, false]);
});

/** A bit of everything that a client may do again and again. */
function useOnce(memory: Mnemon, at: number): void {
  void memory.write(`keys/${at % KEYS}`, at);
  void memory.write(`keys/${(at * 7) % KEYS}`, at, { durability: 'queued' });
  void memory.write('keys/0', at, { expectedVersion: 1 }); // refused, but for once
  if (at % 3 === 0) void memory.delete(`keys/${(at * 3) % KEYS}`);
  void memory.increment('keys/counter');
  void memory.read(`keys/${at % KEYS}`);
  void memory.entries('keys/**');
  const end = memory.subscribe(`more/${at % 5}/**`, () => {});
  const stop = memory.onStatus(() => {});
  void memory.read('more/key').finally(() => {
    end();
    stop();
  });
  if (at % 10 === 0) void memory.flush();
}
