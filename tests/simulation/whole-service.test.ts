import { connect, type Mnemon, type Written } from '@mnemon/client';
import { type SealedCommit, verify } from '@mnemon/core';
import { createFakeClock } from '@mnemon/testing/fake-clock';
import { createFaultyNetwork, type Faults, NO_FAULTS } from '@mnemon/testing/faulty-network';
import { seededRandom } from '@mnemon/testing/seeded-random';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ServiceFaults, SPACE, simulatedService } from './simulated-service.ts';

const SEED = Number(process.env.MNEMON_SEED ?? Date.now() % 2 ** 31);
const INSTANCES = ['ada', 'ben', 'cem', 'dot'];
const KEYS = ['a', 'b', 'c/1', 'c/2'];

const STORM: Faults = { dropRate: 0.1, duplicateRate: 0.1, cutRate: 0.01, minDelayMs: 1, maxDelayMs: 120 };
const HARM: ServiceFaults = { maxCallMs: 20, killRate: 0.02 };
const CALM: ServiceFaults = { maxCallMs: 2, killRate: 0 };

interface Attempt {
  instance: number;
  key: string;
  value: number | undefined;
  answer?: Written & { atMs: number };
}

type World = Awaited<ReturnType<typeof createWorld>>;

async function createWorld(seed: number) {
  const clock = createFakeClock();
  const random = seededRandom(seed);
  const service = simulatedService(clock, random);
  const network = createFaultyNetwork({ clock, random, accept: service.accept });
  const ports = { clock, random, openSocket: network.openSocket };
  const join = (instanceId: string) => connect({ url: 'ws://simulated', token: 'any', instanceId }, ports);
  const arriving = Promise.all(INSTANCES.map(join));
  await clock.advanceUntil(() => network.openCount === INSTANCES.length);
  await clock.advance(500);
  const memories = await arriving;
  for (const memory of memories) memory.subscribe('**', () => {});
  return { clock, service, network, memories, join, attempts: [] as Attempt[] };
}

function write(world: World, instance: number, key: string, value: number | undefined): void {
  const memory = world.memories[instance] as Mnemon;
  const attempt: Attempt = { instance, key, value };
  world.attempts.push(attempt);
  const written = value === undefined ? memory.delete(key) : memory.write(key, value);
  written.then(
    (result) => Object.assign(attempt, { answer: { ...result, atMs: world.clock.now() } }),
    () => {},
  );
}

const STEPS = {
  write: (world: World, instance: number, key: string) => write(world, instance, key, world.attempts.length),
  delete: (world: World, instance: number, key: string) => write(world, instance, key, undefined),
  everybody: (world: World, _: number, key: string) => {
    for (const instance of INSTANCES.keys()) write(world, instance, key, world.attempts.length);
  },
  pass: (world: World) => world.clock.advance(25),
  passLong: (world: World) => world.clock.advance(4_000),
  cut: (world: World) => world.network.cutAll(),
  storm: (world: World) => world.network.setFaults(STORM),
  calm: (world: World) => world.network.setFaults(NO_FAULTS),
  harm: (world: World) => world.service.setFaults(HARM),
  heal: (world: World) => world.service.setFaults(CALM),
};
type StepName = keyof typeof STEPS;

const script = fc.array(
  fc.record({
    step: fc.constantFrom<StepName>(
      'write',
      'write',
      'everybody',
      'pass',
      ...(Object.keys(STEPS) as StepName[]),
    ),
    instance: fc.nat(INSTANCES.length - 1),
    key: fc.constantFrom(...KEYS),
  }),
  { maxLength: 50, size: 'max' },
);

/** What was red once, with the seed of its world. */
const REGRESSIONS: [number, { step: StepName; instance: number; key: string }[]][] = [
  // The deletion, of nothing, takes the place of the write before it in the outbox: one ack answers both.
  [
    0,
    [
      { step: 'write', instance: 1, key: 'a' },
      { step: 'write', instance: 1, key: 'c/2' },
      { step: 'delete', instance: 1, key: 'c/2' },
    ],
  ],
];

async function settle(world: World): Promise<void> {
  world.network.setFaults(NO_FAULTS);
  world.service.setFaults(CALM);
  const isQuiet = ({ status }: Mnemon) => status.state === 'live' && status.pendingOps === 0;
  await world.clock.advanceUntil(() => world.memories.every(isQuiet), 300_000);
  await world.clock.advance(5_000); // a heartbeat tells whoever lost a last frame
  await world.clock.advanceUntil(() => world.memories.every(isQuiet), 300_000);
}

async function logOf({ service }: World): Promise<readonly SealedCommit[]> {
  return service.ports.log.commits({ space: SPACE, partition: 0, afterSeq: 0, limit: 100_000 });
}

function expectAckedWrites({ attempts }: World, log: readonly SealedCommit[]): void {
  const writers = new Map(
    log.flatMap(({ commit: { events, author } }) =>
      events.map((each) => [`${each.key} ${each.version}`, author as string]),
    ),
  );
  for (const [at, attempt] of attempts.entries()) {
    const { key, instance, answer } = attempt;
    expect(answer, 'every write is answered in the end').toBeDefined();
    if (answer?.version) expect(writers.get(`${key} ${answer.version}`), 'I1').toBe(INSTANCES[instance]);
    else
      expect(deletesNothing(attempt, attempts.slice(at + 1)), 'I1: only nothing has no version').toBe(true);
  }
}

/** Whether it is a deletion, or one of the same instance took its place in the outbox: then one ack answers both. */
const deletesNothing = ({ instance, key, value, answer }: Attempt, later: readonly Attempt[]): boolean =>
  value === undefined ||
  later.some(
    (other) =>
      other.instance === instance &&
      other.key === key &&
      other.value === undefined &&
      other.answer?.version === 0 &&
      other.answer.atMs === answer?.atMs,
  );

async function expectPromises(world: World): Promise<void> {
  const log = await logOf(world);
  expect((await verify(world.service.ports, { space: SPACE, partition: 0 })).intact, 'I2').toBe(true);
  const batches = log.map(({ commit: { mutation } }) => `${mutation.client}/${mutation.n}`);
  expect(new Set(batches).size, 'I6: no batch twice').toBe(batches.length);
  expectAckedWrites(world, log);
  const state = await world.service.ports.log.entries({
    space: SPACE,
    partition: 0,
    afterKey: undefined,
    limit: 1_000,
  });
  const truth = state.map(({ key, value, version }) => ({ key, value, version }));
  for (const memory of world.memories) {
    const held = (await memory.entries()).map(({ key, value, version }) => ({ key, value, version }));
    expect(sorted(held), 'I3').toEqual(sorted(truth));
  }
}

const sorted = <Row extends { key: string }>(rows: Row[]): Row[] =>
  rows.sort((a, b) => (a.key < b.key ? -1 : 1));

async function leave({ clock, memories }: World): Promise<void> {
  let gone = 0;
  for (const memory of memories) void memory.close().then(() => gone++);
  await clock.advanceUntil(() => gone === memories.length);
}

test(`whatever the network loses and wherever handlers die, the promises hold (seed ${SEED})`, {
  timeout: 240_000,
}, async () => {
  const property = fc.asyncProperty(fc.nat(), script, async (worldSeed, steps) => {
    const world = await createWorld(worldSeed);
    for (const { step, instance, key } of steps) await STEPS[step](world, instance, key);
    await settle(world);
    await expectPromises(world);
    await leave(world);
  });
  const numRuns = Number(process.env.MNEMON_RUNS ?? 100);
  await fc.assert(property, { seed: SEED, numRuns, examples: REGRESSIONS });
});
