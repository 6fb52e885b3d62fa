import type { Mnemon } from '@mnemon/client';
import { connectMany, startBenchCloud } from './bench-cloud.ts';
import { medians, report } from './figures.ts';
import { startRelay } from './ws-relay.ts';

const RUNS = 3;

/** Acked writes of one instance to one other, as fast as its client sends them. */
export async function benchWrites(): Promise<void> {
  const cloud = await startBenchCloud();
  const [writer, reader] = (await connectMany(cloud, ['writer', 'reader'])) as [Mnemon, Mnemon];
  const arrive = counting([reader]);
  await reader.entries();
  const { perSecond } = await medians(RUNS, async () => ({
    perSecond: await writeMany(writer, arrive, 5_000),
  }));
  report('acked writes, one to one, embedded', { 'per s': perSecond });
  await Promise.all([writer.close(), reader.close()]);
  await cloud.close();
}

/** Events delivered to many subscribers, beside the relay doing the same with as many messages. */
export async function benchFanOut(readers: number): Promise<void> {
  const cloud = await startBenchCloud();
  const names = Array.from({ length: readers }, (_, i) => `reader-${i}`);
  const [writer, ...all] = (await connectMany(cloud, ['writer', ...names])) as [Mnemon, ...Mnemon[]];
  const arrive = counting(all);
  await Promise.all(all.map((reader) => reader.entries()));
  const { delivered } = await medians(RUNS, async () => ({
    delivered: (await writeMany(writer, arrive, 2_000)) * readers,
  }));
  const relay = await startRelay(readers);
  const startedAt = performance.now();
  for (let i = 0; i < 500; i++) await relay.roundTrip(`{"i":${i}}`);
  const relayed = (500 * readers) / ((performance.now() - startedAt) / 1000);
  await relay.close();
  report(`events delivered to ${readers} subscribers`, {
    'per s': delivered,
    'relay, one by one, per s': relayed,
  });
  await Promise.all([writer, ...all].map((each) => each.close()));
  await cloud.close();
}

/** Tells, of several readers, when each has seen that many changes more. */
function counting(readers: readonly Mnemon[]): (changes: number) => Promise<void> {
  const counters = readers.map((reader) => {
    const counter = { seen: 0, goal: 0, reached: () => {} };
    reader.subscribe('**', () => {
      if (++counter.seen === counter.goal) counter.reached();
    });
    return counter;
  });
  return async (changes) => {
    const arrivals = counters.map((counter) => {
      counter.goal = counter.seen + changes;
      return new Promise<void>((resolve) => {
        counter.reached = resolve;
      });
    });
    await Promise.all(arrivals);
  };
}

/** Answers how many writes per second were acked and had reached every reader. */
async function writeMany(
  writer: Mnemon,
  arrive: (changes: number) => Promise<void>,
  count: number,
): Promise<number> {
  const startedAt = performance.now();
  const arrived = arrive(count);
  const writes = Array.from({ length: count }, (_, i) =>
    writer.write(`key/${i}`, { i, text: 'a short value' }),
  );
  await Promise.all([...writes, arrived]);
  return count / ((performance.now() - startedAt) / 1000);
}
