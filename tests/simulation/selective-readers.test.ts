import { type Change, connect, type Mnemon, type Subscription } from '@mnemon/client';
import { allows, type Grant, type JsonValue, matches } from '@mnemon/protocol';
import { createFakeClock } from '@mnemon/testing/fake-clock';
import { createFaultyNetwork, type Faults, NO_FAULTS } from '@mnemon/testing/faulty-network';
import { seededRandom } from '@mnemon/testing/seeded-random';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ServiceFaults, SPACE, simulatedService } from './simulated-service.ts';

const SEED = Number(process.env.MNEMON_SEED ?? Date.now() % 2 ** 31);
const PATTERNS = ['a/**', 'a/1', 'a/*/x', 'b/*', 'b/1', 'c', 'a/2/**', 'c/*', '**'];
const KEYS = ['a/1', 'a/1/x', 'a/2', 'a/2/x', 'a/3', 'b/1', 'b/2', 'b/3', 'c', 'c/1', 'd/1'];
const EVERYTHING: Grant[] = [{ pattern: '**', access: 'write' }];
const GRANTS: Record<string, Grant[]> = {
  ada: EVERYTHING,
  ben: EVERYTHING,
  cem: EVERYTHING,
  dot: ['a/*', 'a/1/x', 'c'].map((pattern) => ({ pattern, access: 'read' as const })),
};
const NAMES = Object.keys(GRANTS);

const STORM: Faults = { dropRate: 0.1, duplicateRate: 0.15, cutRate: 0.002, minDelayMs: 1, maxDelayMs: 150 };
const HARM: ServiceFaults = { maxCallMs: 20, killRate: 0.02 };
const CALM: ServiceFaults = { maxCallMs: 2, killRate: 0 };

/** What a subscriber knows from the state that it started with and the changes that it was told of. */
interface View {
  pattern: string;
  subscription: Subscription;
  values: Map<string, JsonValue> | undefined;
}

interface Reader {
  name: string;
  memory: Mnemon;
  views: View[];
}

type World = Awaited<ReturnType<typeof createWorld>>;

async function createWorld(seed: number) {
  const clock = createFakeClock();
  const random = seededRandom(seed);
  const service = simulatedService(clock, random, (instanceId) => GRANTS[instanceId] ?? []);
  const network = createFaultyNetwork({ clock, random, accept: service.accept });
  const ports = { clock, random, openSocket: network.openSocket };
  const arriving = Promise.all(
    NAMES.map((instanceId) => connect({ url: 'ws://simulated', token: 'any', instanceId }, ports)),
  );
  await clock.advanceUntil(() => network.openCount === NAMES.length);
  await clock.advance(500);
  const memories = await arriving;
  const readers = memories.map((memory, at): Reader => ({ name: NAMES[at] as string, memory, views: [] }));
  for (const [at, reader] of readers.entries()) subscribe(reader, PATTERNS[at * 2] as string);
  await clock.advance(100);
  network.setFaults(STORM);
  return { clock, service, network, readers, writes: 0 };
}

function subscribe({ memory, views }: Reader, pattern: string): void {
  const told = ({ key, value }: Change) => {
    if (value === undefined) view.values?.delete(key);
    else view.values?.set(key, value);
  };
  const view: View = { pattern, subscription: memory.subscribe(pattern, told), values: undefined };
  views.push(view);
  void view.subscription.ready
    .then(() => memory.entries(pattern))
    .then((entries) => {
      view.values = new Map(entries.map(({ key, value }) => [key, value as JsonValue]));
    })
    .catch(() => {});
}

const STEPS = {
  subscribe,
  unsubscribe: ({ views }: Reader) => views.shift()?.subscription(),
  write: ({ memory }: Reader, _: string, key: string, world: World) =>
    void memory.write(key, ++world.writes).catch(() => {}),
  delete: ({ memory }: Reader, _: string, key: string) => void memory.delete(key).catch(() => {}),
  both: ({ memory }: Reader, _: string, key: string, world: World) => {
    for (const each of [key, 'b/1']) void memory.write(each, ++world.writes).catch(() => {});
  },
  pass: (_: Reader, __: string, ___: string, { clock }: World) => clock.advance(25),
  passLong: (_: Reader, __: string, ___: string, { clock }: World) => clock.advance(4_000),
  cut: (_: Reader, __: string, ___: string, { network }: World) => network.cutAll(),
  storm: (_: Reader, __: string, ___: string, { network }: World) => network.setFaults(STORM),
  calm: (_: Reader, __: string, ___: string, { network }: World) => network.setFaults(NO_FAULTS),
  harm: (_: Reader, __: string, ___: string, { service }: World) => service.setFaults(HARM),
  heal: (_: Reader, __: string, ___: string, { service }: World) => service.setFaults(CALM),
};
type StepName = keyof typeof STEPS;

const script = fc.array(
  fc.record({
    step: fc.constantFrom<StepName>(
      ...(['write', 'write', 'write', 'both', 'both', 'subscribe', 'unsubscribe', 'pass', 'pass'] as const),
      ...(Object.keys(STEPS) as StepName[]),
    ),
    reader: fc.nat(NAMES.length - 1),
    pattern: fc.constantFrom(...PATTERNS),
    key: fc.constantFrom(...KEYS),
  }),
  { minLength: 20, maxLength: 60, size: 'max' },
);

async function settle({ clock, network, service, readers }: World): Promise<void> {
  network.setFaults(NO_FAULTS);
  service.setFaults(CALM);
  const isQuiet = ({ memory: { status }, views }: Reader) =>
    status.state === 'live' && status.pendingOps === 0 && views.every(({ values }) => values);
  for (let round = 0; round < 3; round++) {
    await clock.advanceUntil(() => readers.every(isQuiet), 300_000);
    await clock.advance(5_000); // a heartbeat tells whoever lost a last frame
  }
}

async function expectReadable({ service, readers }: World): Promise<void> {
  const at = { space: SPACE, partition: 0 };
  const state = await service.ports.log.entries({ ...at, afterKey: undefined, limit: 1_000 });
  for (const { name, views, memory } of readers) {
    const readable = state.filter(({ key }) => allows(GRANTS[name] ?? [], 'read', key));
    for (const { pattern, values } of views) {
      const truth = readable.filter(({ key }) => matches(pattern, key));
      const expected = truth.map(({ key, value }) => [key, value]);
      expect([...(values ?? [])].sort(), `I3: ${name}, ${pattern}, as told`).toEqual(expected.sort());
    }
    expect(memory.status.headLag, name).toBe(0);
  }
}

async function leave({ clock, readers }: World): Promise<void> {
  let gone = 0;
  for (const { memory } of readers) void memory.close().then(() => gone++);
  await clock.advanceUntil(() => gone === readers.length);
}

test('readers that subscribe and unsubscribe at random all end with what they may read of their topics', {
  timeout: 240_000,
}, async () => {
  console.log(`seed ${SEED} (MNEMON_SEED repeats it)`);
  const property = fc.asyncProperty(fc.nat(), script, async (worldSeed, steps) => {
    const world = await createWorld(worldSeed);
    for (const { step, reader, pattern, key } of steps) {
      await STEPS[step](world.readers[reader] as Reader, pattern, key, world);
    }
    await settle(world);
    await expectReadable(world);
    await leave(world);
  });
  await fc.assert(property, { seed: SEED, numRuns: Number(process.env.MNEMON_RUNS ?? 60) });
});
