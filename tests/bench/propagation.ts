import type { Mnemon } from '@mnemon/client';
import { connectMany, startBenchCloud } from './bench-cloud.ts';
import { medians, percentile, report } from './figures.ts';
import { startRealtimePeer } from './realtime-peer.ts';
import { startRelay } from './ws-relay.ts';

const SAMPLES = 400;
const RUNS = 5;
/** Writes until the engine has compiled what all of them run, in every environment. */
const WARM_UP = 1_500;

/** Write call to the other's callback, one write at a time, beside a relay that stores and checks nothing. */
export async function benchPropagation(): Promise<void> {
  const relay = await startRelay();
  const cloud = await startBenchCloud();
  const { instances } = await connectMany(cloud, ['writer', 'reader']);
  const [writer, reader] = instances as [Mnemon, Mnemon];
  const deliver = await watch(reader);
  const once = async (i: number) => deliver(() => writer.write(`key/${i % 10}`, { i }));
  await sample(once, WARM_UP);
  const figures = await medians(RUNS, async () => {
    const floor = await sample(async (i) => relay.roundTrip(`{"i":${i}}`));
    const times = await sample(once);
    return {
      'p50 ms': percentile(times, 0.5),
      'p99 ms': percentile(times, 0.99),
      'relay p50 ms': percentile(floor, 0.5),
      'relay p99 ms': percentile(floor, 0.99),
    };
  });
  report('propagation of batches of 1, embedded', {
    ...figures,
    'times the relay': figures['p50 ms'] / figures['relay p50 ms'],
  });
  await benchPeer();
  await Promise.all([writer.close(), reader.close()]);
  await cloud.close();
  await relay.close();
}

async function benchPeer(): Promise<void> {
  const redisUrl = process.env.REDIS_URL;
  if (!redisUrl) return console.log('propagation, @upstash/realtime: skipped, REDIS_URL is not set');
  const peer = await startRealtimePeer(redisUrl, 1);
  const figures = await medians(RUNS, async () => {
    const times = await sample((i) => peer.roundTrip({ i }));
    return { 'p50 ms': percentile(times, 0.5), 'p99 ms': percentile(times, 0.99) };
  });
  report('propagation, @upstash/realtime', figures);
  await peer.close();
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

async function sample(once: (i: number) => Promise<void>, count = SAMPLES): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now();
    await once(i);
    times.push(performance.now() - startedAt);
  }
  return times;
}
