import { createFakeClock } from '@mnemon/testing/fake-clock';
import { createFaultyNetwork, type Faults, NO_FAULTS } from '@mnemon/testing/faulty-network';
import { createMiniServer } from '@mnemon/testing/mini-server';
import { seededRandom } from '@mnemon/testing/seeded-random';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connect } from '../connect.ts';
import type { Mnemon, Subscription } from '../mnemon.ts';
import type { ReadMode } from '../reads/reads.ts';
import { type CachedReads, createCachedReads } from './cached-reads.ts';

const SEED = Number(process.env.MNEMON_SEED ?? Date.now() % 2 ** 31);
const NAMES = ['w0', 'w1', 'w2'];
const PATTERNS = ['**', 'k/**', 'k/0/*', 'k/1/a'];
const RAGE: Faults = { dropRate: 0.1, duplicateRate: 0.15, cutRate: 0.02, minDelayMs: 1, maxDelayMs: 150 };

/** Each key has one writer, so that what was written in which order is known. */
interface Version {
  readonly value: number | undefined;
  ackedAt: number;
}
interface Read {
  readonly key: string;
  readonly mode: ReadMode;
  readonly begunAt: number;
  /** Versions that existed for its reader when it began: own ones, and those that were acked to their writers. */
  readonly own: number;
  readonly acked: number;
  /** Whether a read of a key that nobody follows had to ask. */
  isOnline: boolean;
  endedAt: number;
  value?: unknown;
}
interface Reader {
  readonly name: string;
  readonly memory: Mnemon;
  readonly cache: CachedReads;
  readonly reads: Read[];
  readonly subscriptions: Subscription[];
}
type World = Awaited<ReturnType<typeof createWorld>>;

async function createWorld(seed: number, maxMissed: number) {
  const clock = createFakeClock();
  const random = seededRandom(seed);
  const server = createMiniServer({ now: clock.now, maxMissed });
  const network = createFaultyNetwork({ clock, random, accept: server.accept });
  const ports = { clock, random, openSocket: network.openSocket };
  const joining = NAMES.map((instanceId) => connect({ url: 'ws://mini', token: 't', instanceId }, ports));
  await clock.advance(10);
  const readers: Reader[] = (await Promise.all(joining)).map((memory, at) => ({
    name: NAMES[at] as string,
    memory,
    cache: createCachedReads(memory),
    reads: [],
    subscriptions: [],
  }));
  const versions = new Map<string, Version[]>();
  return { clock, server, network, readers, versions, moment: 0 };
}

const versionsOf = ({ versions }: World, key: string): Version[] => {
  if (!versions.has(key)) versions.set(key, [{ value: undefined, ackedAt: 0 }]);
  return versions.get(key) as Version[];
};

function write(world: World, { memory }: Reader, key: string, value: number | undefined): void {
  const version: Version = { value, ackedAt: Number.POSITIVE_INFINITY };
  versionsOf(world, key).push(version);
  const written = value === undefined ? memory.delete(key) : memory.write(key, value);
  void written.then(() => {
    version.ackedAt = ++world.moment;
  });
}

const isOnline = ({ memory: { status } }: Reader) => ['live', 'gapped', 'catching-up'].includes(status.state);

function read(world: World, reader: Reader, key: string, mode: ReadMode): void {
  const versions = versionsOf(world, key);
  const made: Read = {
    key,
    mode,
    begunAt: ++world.moment,
    own: key.startsWith(`k/${reader.name.at(1)}/`) ? versions.length - 1 : 0,
    acked: versions.findLastIndex(({ ackedAt }) => ackedAt < Number.POSITIVE_INFINITY),
    isOnline: isOnline(reader),
    endedAt: Number.POSITIVE_INFINITY,
  };
  const { reconnects } = reader.memory.status;
  reader.reads.push(made);
  void reader.cache.read(key, { mode }).then(
    (value) => {
      const stayed = isOnline(reader) && reader.memory.status.reconnects === reconnects;
      Object.assign(made, { value, endedAt: ++world.moment, isOnline: made.isOnline && stayed });
    },
    () => {}, // no answer in time
  );
}

/** One thing that may happen, to one of the readers. */
type Step = readonly [who: number, what: keyof typeof STEPS, owner: number, name: string];
const STEPS = {
  write: (world: World, reader: Reader, key: string) =>
    write(world, reader, ownKey(reader, key), ++world.moment),
  delete: (world: World, reader: Reader, key: string) => write(world, reader, ownKey(reader, key), undefined),
  read: (world: World, reader: Reader, key: string) => read(world, reader, key, 'session'),
  readCached: (world: World, reader: Reader, key: string) => read(world, reader, key, 'cached'),
  readServer: (world: World, reader: Reader, key: string) => read(world, reader, key, 'server'),
  readOwn: (world: World, reader: Reader, key: string) => read(world, reader, ownKey(reader, key), 'cached'),
  warm: (_: World, reader: Reader) => void reader.cache.warm('k/*/a'),
  // The first one never follows anything.
  subscribe: (world: World, reader: Reader) => {
    const pattern = PATTERNS[world.moment % PATTERNS.length] as string;
    if (reader.name !== 'w0') reader.subscriptions.push(reader.memory.subscribe(pattern, () => {}));
  },
  unsubscribe: (_: World, reader: Reader) => reader.subscriptions.shift()?.(),
  pass: (world: World) => world.clock.advance(30),
  passLong: (world: World) => world.clock.advance(4_000),
  cut: (world: World) => world.network.cutAll(),
  rage: (world: World) => world.network.setFaults(RAGE),
  calm: (world: World) => world.network.setFaults(NO_FAULTS),
  restore: (world: World) => world.server.renewEpoch(),
};
const ownKey = ({ name }: Reader, key: string) => `k/${name.at(1)}/${key.at(-1)}`;

const OFTEN = [
  'write',
  'write',
  'read',
  'read',
  'read',
  'readCached',
  'readServer',
  'readOwn',
  'pass',
  'pass',
] as const;
const steps = fc.array(
  fc.tuple(
    fc.nat(2),
    fc.constantFrom(...OFTEN, ...(Object.keys(STEPS) as (keyof typeof STEPS)[])),
    fc.nat(2),
    fc.constantFrom('a', 'a', 'a', 'b'),
  ),
  { maxLength: 60, size: 'max' },
);

async function play(world: World, script: readonly Step[]): Promise<void> {
  for (const [who, what, owner, name] of script) {
    await STEPS[what](world, world.readers[who] as Reader, `k/${owner}/${name}`);
  }
  world.network.setFaults(NO_FAULTS);
  const isQuiet = ({ memory: { status } }: Reader) => status.state === 'live' && status.pendingOps === 0;
  await world.clock.advanceUntil(() => world.readers.every(isQuiet), 120_000);
  await world.clock.advance(10_500); // unanswered reads end, heartbeats find what was lost
  await world.clock.advanceUntil(() => world.readers.every(isQuiet), 120_000);
}

/** Which version each read showed at least, given what had been shown and promised before it began. */
function expectHonest(world: World, reader: Reader): void {
  const shown: { read: Read; version: number }[] = [];
  for (const made of reader.reads.filter(({ endedAt }) => endedAt < Number.POSITIVE_INFINITY)) {
    const { key, mode, begunAt, value } = made;
    const before = shown.filter(({ read: other }) => other.key === key && other.endedAt < begunAt);
    const isOwn = key === ownKey(reader, key);
    const mustAsk = mode === 'server' || (mode === 'session' && reader.name === 'w0' && made.isOnline);
    const least = Math.max(
      0,
      // What was shown of own writes may still wait to be sent: the server knows nothing of it.
      ...before.map(({ version }) => (mode === 'server' && isOwn ? Math.min(version, made.acked) : version)),
      mustAsk ? made.acked : 0,
      mode === 'server' ? 0 : made.own,
    );
    const version = versionsOf(world, key).findIndex((each, at) => at >= least && each.value === value);
    const says = `${reader.name} read ${key} as ${value} (${mode}), where version ${least} was known`;
    expect(version, says).toBeGreaterThanOrEqual(least);
    shown.push({ read: made, version });
  }
}

async function storm(script: readonly Step[], seed: number, maxMissed: number): Promise<void> {
  const world = await createWorld(seed, maxMissed);
  await play(world, script);
  for (const reader of world.readers) {
    expectHonest(world, reader);
    for (const key of world.versions.keys()) {
      const last = reader.cache.read(key);
      await world.clock.advance(10);
      expect(await last).toBe(world.server.state.get(key)?.value);
    }
  }
  const closed = Promise.all(world.readers.map(({ memory }) => memory.close()));
  await world.clock.advance(1_000);
  await closed;
  expect(world.clock.timerCount).toBe(0);
}

test.each([
  ['whose log is always long enough', 10_000],
  ['that often sends the state instead', 3],
])(
  `no read goes back, misses what it promises or makes something up, with a server %s (seed ${SEED})`,
  { timeout: 60_000 },
  async (_, maxMissed) => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer(), (script, seed) => storm(script, seed, maxMissed)),
      { seed: SEED, numRuns: Number(process.env.MNEMON_RUNS ?? 20) },
    );
  },
);
