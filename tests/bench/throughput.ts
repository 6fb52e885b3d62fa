import type { Mnemon } from '@mnemon/client';
import { connectMany, startBenchCloud } from './bench-cloud.ts';
import { medians, report } from './figures.ts';
import { startRealtimePeer } from './realtime-peer.ts';
import { startRelay } from './ws-relay.ts';

const RUNS = 5;
const PEER_EVENTS = 300;

/** Acked writes of one instance to one other, as fast as its client sends them. */
export const benchWrites = () => benchReaders('acked writes, one to one', 1, 5_000);

/** Events delivered to many subscribers. */
export async function benchFanOut(): Promise<void> {
  await benchReaders('events delivered to 1 subscriber', 1, 2_000);
  await benchReaders('events delivered to 10 subscribers', 10, 2_000);
  await benchReaders('events delivered to 100 subscribers', 100, 2_000);
}

/** Beside the relay, which passes on frames of the same size: as many events in each, nothing stored or checked. */
async function benchReaders(name: string, readers: number, writes: number): Promise<void> {
  const cloud = await startBenchCloud();
  const names = Array.from({ length: readers }, (_, i) => `reader-${i}`);
  const { space, instances } = await connectMany(cloud, ['writer', ...names]);
  const [writer, ...all] = instances as [Mnemon, ...Mnemon[]];
  const arrive = counting(all);
  await Promise.all(all.map((reader) => reader.entries()));
  const relay = await startRelay(readers);
  const commits = async () => (await cloud.inside.ports.log?.head(space))?.seq[0] ?? 0;
  await writeMany(writer, arrive, writes); // warms up
  const figures = await medians(RUNS, async () => {
    const before = await commits();
    const perSecond = await writeMany(writer, arrive, writes);
    const batch = writes / ((await commits()) - before);
    return {
      'per s': perSecond * readers,
      'ops per batch': batch,
      'relay per s': (await relayMany(relay, batch, writes)) * readers,
    };
  });
  report(`${name}, embedded`, { ...figures, 'part of the relay': figures['per s'] / figures['relay per s'] });
  await relay.close();
  await benchPeer(name, readers);
  await Promise.all(instances.map((each) => each.close()));
  await cloud.close();
}

async function benchPeer(name: string, readers: number): Promise<void> {
  const redisUrl = process.env.REDIS_URL;
  if (!redisUrl) return console.log(`${name}, @upstash/realtime: skipped, REDIS_URL is not set`);
  const peer = await startRealtimePeer(redisUrl, readers);
  const figures = await medians(RUNS, async () => ({
    'per s': (await peer.perSecond(PEER_EVENTS, VALUE)) * readers,
  }));
  report(`${name}, @upstash/realtime`, figures);
  await peer.close();
}

/** Answers how many events per second went through the relay, one frame after the other. */
async function relayMany(
  relay: Awaited<ReturnType<typeof startRelay>>,
  perFrame: number,
  events: number,
): Promise<number> {
  const frame = JSON.stringify(Array.from({ length: perFrame }, (_, i) => ({ ...EVENT, key: `key/${i}` })));
  const startedAt = performance.now();
  for (let sent = 0; sent < events; sent += perFrame) await relay.roundTrip(frame);
  return events / ((performance.now() - startedAt) / 1000);
}

const VALUE = { i: 1, text: 'a short value' };

/** About as long as one is on the wire. */
const EVENT = {
  type: 'created',
  version: 1,
  value: VALUE,
  clock: { writer: 1 },
  hlc: { wallMs: 1_795_000_000_000, counter: 0 },
  author: 'writer',
};

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
  const writes = Array.from({ length: count }, (_, i) => writer.write(`key/${i}`, { ...VALUE, i }));
  await Promise.all([...writes, arrived]);
  return count / ((performance.now() - startedAt) / 1000);
}
