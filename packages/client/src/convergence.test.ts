import { createFakeClock } from '@mnemon/testing/fake-clock';
import { createFaultyNetwork, type Faults, NO_FAULTS } from '@mnemon/testing/faulty-network';
import { createMiniServer, type MiniServer } from '@mnemon/testing/mini-server';
import { seededRandom } from '@mnemon/testing/seeded-random';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connect } from './connect.ts';
import type { Mnemon } from './mnemon.ts';
import type { Written } from './outbox/pending-op.ts';
import type { Change } from './replica/change.ts';

const SEED = Number(process.env.MNEMON_SEED ?? Date.now() % 2 ** 31);
const KEYS = ['a', 'b', 'c/1', 'c/2'];
const KEYS_OF_BURST = Array.from({ length: 8 }, (_, at) => `burst/${at}`);

interface Client {
  readonly name: string;
  readonly memory: Mnemon;
  readonly changes: { change: Change; reloads: number }[];
  readyAtSeq: number;
}
interface Write {
  readonly client: Client;
  readonly key: string;
  readonly value: number | undefined;
  written?: Written;
}
type World = Awaited<ReturnType<typeof createWorld>>;

async function createWorld(seed: number, names: string[], maxMissed: number) {
  const clock = createFakeClock();
  const random = seededRandom(seed);
  const server = createMiniServer({ now: clock.now, maxMissed });
  const network = createFaultyNetwork({ clock, random, accept: server.accept });
  const writes: Write[] = [];
  const joining = names.map((name) =>
    connect(
      { url: 'ws://mini', token: 't', instanceId: name },
      { clock, random, openSocket: network.openSocket },
    ),
  );
  await clock.advance(10);
  const clients: Client[] = (await Promise.all(joining)).map((memory, at) => {
    const client: Client = { name: names[at] as string, memory, changes: [], readyAtSeq: 0 };
    const told = (change: Change) => client.changes.push({ change, reloads: memory.status.reloads });
    void memory.subscribe('**', told).ready.then(() => {
      client.readyAtSeq = memory.status.cursor?.seq[0] ?? 0;
    });
    return client;
  });
  return { clock, server, network, writes, clients };
}

function write(world: World, client: Client, key: string, value: number | undefined): void {
  const made: Write = { client, key, value };
  world.writes.push(made);
  const written = value === undefined ? client.memory.delete(key) : client.memory.write(key, value);
  void written.then((result) => Object.assign(made, { written: result }));
}

/** One thing that may happen, to one of the clients. */
type Step = readonly [who: number, what: keyof typeof STEPS, key: string];
const STEPS = {
  write: (world: World, client: Client, key: string) => write(world, client, key, world.writes.length),
  delete: (world: World, client: Client, key: string) => write(world, client, key, undefined),
  burst: (world: World, client: Client) => {
    for (const key of KEYS_OF_BURST) write(world, client, key, world.writes.length);
  },
  read: async (world: World, client: Client, key: string) => {
    write(world, client, key, world.writes.length);
    expect(await client.memory.read(key), 'I9').toBe(world.writes.length - 1);
  },
  pass: (world: World) => world.clock.advance(30),
  passLong: (world: World) => world.clock.advance(4_000),
  cut: (world: World) => world.network.cutAll(),
  rage: (world: World) => world.network.setFaults(RAGE),
  calm: (world: World) => world.network.setFaults(NO_FAULTS),
  restore: (world: World) => world.server.renewEpoch(),
  garbage: (world: World) => world.server.say('{"message":"Internal server error","connectionId":"x"}'),
};
const RAGE: Faults = { dropRate: 0.15, duplicateRate: 0.15, cutRate: 0.01, minDelayMs: 1, maxDelayMs: 150 };

const steps = fc.array(
  fc.tuple(
    fc.nat(3),
    fc.constantFrom(...(['write', 'write', 'pass', ...Object.keys(STEPS)] as (keyof typeof STEPS)[])),
    fc.constantFrom(...KEYS),
  ),
  { maxLength: 60, size: 'max' },
);

/** Scripts that broke the property, each with its seed and its number of clients. */
const REGRESSIONS: [Step[], number, number][] = [
  // The ack of the first write is cut off: the second one waits, comes after the deletion, is older and loses.
  [
    [
      [1, 'write', 'a'],
      [1, 'write', 'a'],
      [0, 'cut', 'a'],
      [0, 'burst', 'a'],
      [0, 'delete', 'a'],
    ],
    -1816017,
    3,
  ],
];

async function play(world: World, script: readonly Step[]): Promise<void> {
  for (const [who, what, key] of script) {
    await STEPS[what](world, world.clients[who % world.clients.length] as Client, key);
  }
  world.network.setFaults(NO_FAULTS);
  const isQuiet = ({ memory: { status } }: Client) =>
    status.state === 'live' &&
    status.pendingOps === 0 &&
    JSON.stringify(status.cursor) === JSON.stringify(world.server.head);
  await world.clock.advanceUntil(() => world.clients.every(isQuiet), 120_000);
  await world.clock.advance(1_500); // what came late, from an epoch that is over, ends with the next heartbeat
  await world.clock.advanceUntil(() => world.clients.every(isQuiet), 120_000);
}

/** I3: after the storm everybody holds what the log says. */
async function expectConvergence({ clients, server }: World): Promise<void> {
  const truth = [...server.state.values()].filter(({ value }) => value !== undefined);
  for (const { memory } of clients) {
    const entries = await memory.entries();
    expect(byKey(entries)).toEqual(byKey(truth));
    for (const key of KEYS) expect(await memory.read(key)).toEqual(server.state.get(key)?.value);
  }
}

/** I4: commits were applied in the log's order, and no key ever went back. */
function expectOrder({ clients, server }: World): void {
  for (const { changes, memory, readyAtSeq } of clients) {
    const versions = new Map<string, number>();
    let lastSeq = 0;
    for (const { change, reloads } of changes) {
      const { key, version, seq } = change.entry;
      if (reloads === 0) expect(seq).toBeGreaterThanOrEqual(lastSeq);
      if (change.type !== 'deleted') expect(version).toBeGreaterThan(versions.get(key) ?? 0);
      lastSeq = seq;
      versions.set(key, version);
    }
    // Who never had to reload was told, in order and once, of whatever came after the state it started with. (That
    // state may be newer than its cursor, so a few of the first changes may be in it.)
    if (memory.status.reloads === 0) {
      const told = changes.map(({ change }) => `${change.entry.seq} ${change.key} ${change.entry.version}`);
      const wanted = newsOf(server).filter(({ seq, text }) => seq > readyAtSeq || told.includes(text));
      expect(told).toEqual(wanted.map(({ text }) => text));
    }
  }
}

/** All events but those that leave a deleted key deleted, as a write does that loses against the deletion. */
function newsOf({ log }: MiniServer): { seq: number; text: string }[] {
  const live = new Set<string>();
  return log.flatMap(({ seq, events }) =>
    events.flatMap(({ key, value, version }) => {
      const wasLive = live.delete(key);
      if (value !== undefined) live.add(key);
      return wasLive || live.has(key) ? [{ seq, text: `${seq} ${key} ${version}` }] : [];
    }),
  );
}

/** I6: each write went out in one batch only, each batch always the same, and what was acked is in the log once. */
function expectOnce({ writes, server }: World): void {
  const batches = new Map<string, string>();
  const batchOfValue = new Map<unknown, string>();
  for (const frame of server.heard) {
    if (frame.type !== 'write') continue;
    const { client, n, ops } = frame.payload;
    const id = `${client}/${n}`;
    expect(JSON.stringify(ops)).toBe(batches.get(id) ?? JSON.stringify(ops));
    batches.set(id, JSON.stringify(ops));
    for (const op of ops) {
      if (op.op === 'put') expect(batchOfValue.get(op.value) ?? id).toBe(id);
      if (op.op === 'put') batchOfValue.set(op.value, id);
    }
  }
  for (const { key, written } of writes) {
    expect(written, `the write of ${key} was answered`).toBeDefined();
    const made = server.log.flatMap(({ events }) =>
      events.filter((event) => event.key === key && event.version === written?.version),
    );
    expect(made).toHaveLength(written?.version === 0 ? 0 : 1);
  }
}

const byKey = <T extends { key: string }>(entries: readonly T[]): T[] =>
  [...entries].sort((a, b) => (a.key < b.key ? -1 : 1));

async function storm(script: readonly Step[], seed: number, clientCount: number, maxMissed: number) {
  const world = await createWorld(seed, ['w1', 'w2', 'w3', 'w4'].slice(0, clientCount), maxMissed);
  await play(world, script);
  await expectConvergence(world);
  expectOrder(world);
  expectOnce(world);
  const closed = Promise.all(world.clients.map(({ memory }) => memory.close()));
  await world.clock.advance(1_000);
  await closed;
  expect(world.clock.timerCount, 'no timer survives close()').toBe(0);
}

test.each([
  ['whose log is always long enough', 10_000],
  ['that often sends the state instead', 3],
])(
  `I3, I4, I6, I9 hold through any storm, with a server %s (seed ${SEED})`,
  { timeout: 60_000 },
  async (_, maxMissed) => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer(), fc.integer({ min: 2, max: 4 }), (script, seed, clientCount) =>
        storm(script, seed, clientCount, maxMissed),
      ),
      { seed: SEED, numRuns: Number(process.env.MNEMON_RUNS ?? 60), examples: REGRESSIONS },
    );
  },
);
