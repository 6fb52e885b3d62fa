import { connect, type Mnemon, openMnemon } from '@mnemon/client';
import type { JsonValue } from '@mnemon/protocol';
import { createFakeClock } from '@mnemon/testing/fake-clock';
import { createFaultyNetwork, type Faults, NO_FAULTS } from '@mnemon/testing/faulty-network';
import { createMemoryDisk } from '@mnemon/testing/memory-outbox-store';
import { seededRandom } from '@mnemon/testing/seeded-random';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ServiceFaults, SPACE, simulatedService } from './simulated-service.ts';

const SEED = Number(process.env.MNEMON_SEED ?? Date.now() % 2 ** 31);
const KEYS = ['a', 'b', 'c/1'];
const COUNTER = 'count';

const STORM: Faults = { dropRate: 0.15, duplicateRate: 0.1, cutRate: 0.03, minDelayMs: 1, maxDelayMs: 150 };
const HARM: ServiceFaults = { maxCallMs: 20, killRate: 0.02 };
const CALM: ServiceFaults = { maxCallMs: 2, killRate: 0 };

/** What the one writer has written: a read of its own answers it, whatever it has gone through (I9). */
interface Model {
  readonly values: Map<string, JsonValue | undefined>;
  written: number;
}

type World = Awaited<ReturnType<typeof createWorld>>;

async function createWorld(seed: number) {
  const clock = createFakeClock();
  const random = seededRandom(seed);
  const service = simulatedService(clock, random);
  const network = createFaultyNetwork({ clock, random, accept: service.accept });
  const disk = createMemoryDisk();
  const wrong: string[] = [];
  let isAlive = { yes: true };

  /** A program of its own: once it is killed, nothing of it happens any more. */
  async function start(): Promise<Mnemon> {
    const self = { yes: true };
    isAlive = self;
    const ports = {
      random,
      clock: {
        now: clock.now,
        setTimeout: (callback: () => void, ms: number) => clock.setTimeout(() => self.yes && callback(), ms),
        clearTimeout: clock.clearTimeout,
      },
      openSocket: (...[request, events]: Parameters<typeof network.openSocket>) => {
        const socket = network.openSocket(request, {
          opened: () => self.yes && events.opened(),
          received: (text) => self.yes && events.received(text),
          ended: (end) => self.yes && events.ended(end),
        });
        return { ...socket, send: (text: string) => self.yes && socket.send(text) };
      },
    };
    const outboxStore = await disk.open();
    return openMnemon({ url: 'ws://simulated', token: 'any', instanceId: 'writer', outboxStore }, ports);
  }

  const reading = connect(
    { url: 'ws://simulated', token: 'any', instanceId: 'reader' },
    { clock, random, openSocket: network.openSocket },
  );
  await clock.advance(500);
  const reader = await reading;
  reader.subscribe('**', () => {});
  const world = { clock, service, network, disk, reader, wrong, writer: await start() };

  return Object.assign(world, {
    async kill() {
      isAlive.yes = false;
      network.cutAll();
      disk.kill();
      world.writer = await start();
    },
    async restart() {
      const closed = world.writer.close();
      await settled(world, closed);
      world.writer = await start();
    },
  });
}

async function settled<T>({ clock }: Pick<World, 'clock'>, promise: Promise<T>): Promise<void> {
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  promise.then(done, done);
  await clock.advanceUntil(() => isDone);
}

type Command = fc.AsyncCommand<Model, World>;

/** `run` may assume that what came before it is on the disk. */
const command = (name: string, run: (model: Model, world: World) => unknown): Command => ({
  check: () => true,
  async run(model, world) {
    await run(model, world);
    await world.clock.advance(0);
    expect(world.wrong).toEqual([]);
  },
  toString: () => name,
});

function put(key: string, value: JsonValue | undefined, durability: 'queued' | 'acked') {
  return ({ values }: Model, { writer }: World) => {
    values.set(key, value);
    if (value === undefined) void writer.delete(key, { durability });
    else void writer.write(key, value, { durability });
  };
}

const write = fc
  .record({ key: fc.constantFrom(...KEYS), durability: fc.constantFrom('queued' as const, 'acked' as const) })
  .map(({ key, durability }) =>
    command(`write ${key} ${durability}`, (model, world) =>
      put(key, ++model.written, durability)(model, world),
    ),
  );
const remove = fc.constantFrom(...KEYS).map((key) => command(`delete ${key}`, put(key, undefined, 'queued')));
const increment = fc.constant(
  command('increment', ({ values }, { writer }) => {
    values.set(COUNTER, ((values.get(COUNTER) as number) ?? 0) + 1);
    void writer.increment(COUNTER);
  }),
);
const read = fc.constantFrom(...KEYS).map((key) =>
  command(`read ${key}`, ({ values }, { writer, wrong }) => {
    const compare = (value: JsonValue | undefined) => {
      if (value !== values.get(key)) wrong.push(`I9: ${key} is ${value}, not ${values.get(key)}`);
    };
    writer.read(key).then(compare, () => {}); // closed or away before it was here
  }),
);
const others: Command[] = [
  command('flush', (_, { writer }) => void writer.flush().catch(() => {})),
  command('pass', (_, { clock }) => clock.advance(30)),
  command('pass long', (_, { clock }) => clock.advance(4_000)),
  command('cut', (_, { network }) => network.cutAll()),
  command('storm', (_, { network }) => network.setFaults(STORM)),
  command('calm', (_, { network }) => network.setFaults(NO_FAULTS)),
  command('harm', (_, { service }) => service.setFaults(HARM)),
  command('heal', (_, { service }) => service.setFaults(CALM)),
  command('kill -9', (_, world) => world.kill()),
  command('close and start', (_, world) => world.restart()),
];

async function expectPromises({ values }: Model, world: World): Promise<void> {
  const { network, service, clock, writer, reader } = world;
  network.setFaults(NO_FAULTS);
  service.setFaults(CALM);
  writer.subscribe('**', () => {});
  const isQuiet = ({ status }: Mnemon) => status.state === 'live' && status.pendingOps === 0;
  await clock.advanceUntil(() => isQuiet(writer) && isQuiet(reader), 300_000);
  await clock.advance(5_000);
  await clock.advanceUntil(() => isQuiet(writer) && isQuiet(reader), 300_000);
  const wanted = [...values].filter(([, value]) => value !== undefined).sort();
  for (const memory of [writer, reader]) {
    const held = (await memory.entries()).map(({ key, value }) => [key, value]).sort();
    expect(held, 'I1, I3: all of it, the increments exactly once').toEqual(wanted);
  }
  const log = await service.ports.log.commits({ space: SPACE, partition: 0, afterSeq: 0, limit: 10_000 });
  const batches = log.map(({ commit: { mutation } }) => `${mutation.client}/${mutation.n}`);
  expect(new Set(batches).size, 'I6: no batch twice').toBe(batches.length);
  expect(
    [...world.disk.records.keys()].filter((id) => id !== 0),
    'nothing is kept that was acked',
  ).toEqual([]);
}

test(`a writer that is killed and started again loses and doubles nothing, and reads what it wrote (seed ${SEED})`, {
  timeout: 240_000,
}, async () => {
  const commands = fc.commands(
    [write, write, remove, increment, increment, read, ...others.map(fc.constant)],
    {
      maxCommands: 60,
      size: 'max',
    },
  );
  const property = fc.asyncProperty(fc.nat(), commands, async (seed, script) => {
    const model: Model = { values: new Map(), written: 0 };
    const world = await createWorld(seed);
    await fc.asyncModelRun(() => ({ model, real: world }), script);
    await expectPromises(model, world);
    await settled(world, Promise.all([world.writer.close(), world.reader.close()]));
  });
  await fc.assert(property, { seed: SEED, numRuns: Number(process.env.MNEMON_RUNS ?? 40) });
});
