import type { Mnemon } from '@mnemon/client';
import { connectMany, startBenchCloud } from './bench-cloud.ts';
import { percentile, report } from './figures.ts';
import { startRelay } from './ws-relay.ts';

const SAMPLES = 400;
const WARM_UP = 100;

/** Write call to the other's callback, one write at a time, beside a relay that stores and checks nothing. */
export async function benchPropagation(): Promise<void> {
  const relay = await startRelay();
  const floor = await sample(async (i) => relay.roundTrip(`{"i":${i}}`));
  await relay.close();
  report('ws relay, low load', { 'p50 ms': percentile(floor, 0.5), 'p99 ms': percentile(floor, 0.99) });

  const cloud = await startBenchCloud();
  const [writer, reader] = (await connectMany(cloud, ['writer', 'reader'])) as [Mnemon, Mnemon];
  const deliver = await watch(reader);
  const times = await sample(async (i) => deliver(() => writer.write(`key/${i % 10}`, { i })));
  report('propagation, embedded, low load', {
    'p50 ms': percentile(times, 0.5),
    'p99 ms': percentile(times, 0.99),
    'times the relay': percentile(times, 0.5) / percentile(floor, 0.5),
  });
  await Promise.all([writer.close(), reader.close()]);
  await cloud.close();
}

/** Propagation behind a short and a long log. */
export async function benchLogLength(commits: number): Promise<void> {
  const cloud = await startBenchCloud();
  const [writer, reader] = (await connectMany(cloud, ['writer', 'reader'])) as [Mnemon, Mnemon];
  const deliver = await watch(reader);
  const probe = () => sample(async (i) => deliver(() => writer.write(`key/${i % 10}`, { i })));
  const short = percentile(await probe(), 0.5);
  // The writer's own clock counts commits: each flush is one.
  for (let i = 0; i < commits; i++) await writer.write(`fill/${i % 1_000}`, i);
  const long = percentile(await probe(), 0.5);
  report(`propagation behind ${commits.toLocaleString('en')} commits`, {
    'p50 ms': long,
    'times the short log': long / short,
  });
  await Promise.all([writer.close(), reader.close()]);
  await cloud.close();
}

async function watch(reader: Mnemon): Promise<(write: () => Promise<unknown>) => Promise<void>> {
  let seen = () => {};
  await reader.subscribe('**', () => seen()).ready;
  return async (write) => {
    const arrived = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const acked = write();
    await arrived;
    void acked;
  };
}

async function sample(once: (i: number) => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < SAMPLES + WARM_UP; i++) {
    const startedAt = performance.now();
    await once(i);
    times.push(performance.now() - startedAt);
  }
  return times.slice(WARM_UP);
}
