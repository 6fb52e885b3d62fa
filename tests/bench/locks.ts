import { randomUUID } from 'node:crypto';
import { connectMongo, migrate, mongoStorage } from '@mnemon/adapters/mongo';
import type { InstanceId, SpaceId } from '@mnemon/protocol';
import { Lock } from '@upstash/lock';
import { Redis as UpstashRedis } from '@upstash/redis';
import { Redis } from 'ioredis';
import { startUpstashRest } from '../../packages/local/src/upstash/upstash-rest.ts';
import { countingBackends } from './backend-calls.ts';
import { connectMany, startBenchCloud } from './bench-cloud.ts';
import { median, report } from './figures.ts';

/** So many that what is measured is no more the compiler: two environments take turns, and each has to warm up by itself. */
const WARM_UPS = 1_500;
const CYCLES = 100;
const RUNS = 3;
const LEASE_MS = 30_000;

interface Contender {
  /** Takes the lock and gives it back; nobody else wants it. */
  cycle(): Promise<unknown>;
  close(): Promise<unknown>;
}

/** A lock acquired and released, beside what others need for it and what two bare steps of the database cost. */
export async function benchLocks(): Promise<void> {
  const { MONGODB_URL: mongoUrl, REDIS_URL: redisUrl } = process.env;
  const contenders: Record<string, Contender | string> = {
    'bare MongoDB pair': mongoUrl ? barePair(mongoUrl) : 'skipped, MONGODB_URL is not set',
    'mnemon, the store alone': mongoUrl ? await store(mongoUrl) : 'skipped, MONGODB_URL is not set',
    'mnemon, a client': await client(),
    'mnemon, a client, embedded': await client({}),
    '@upstash/lock': redisUrl ? await upstashLock(redisUrl) : 'skipped, REDIS_URL is not set',
    'SET NX by ioredis': redisUrl ? setNx(redisUrl) : 'skipped, REDIS_URL is not set',
    'redlock-universal': 'skipped, it needs Node 22',
  };
  const running = Object.entries(contenders).filter(
    (each): each is [string, Contender] => typeof each[1] !== 'string',
  );
  const samples = new Map<string, number[]>(running.map(([name]) => [name, []]));
  for (const [, { cycle }] of running) for (let i = 0; i < WARM_UPS; i++) await cycle();
  // In turns: whatever else this machine does meanwhile meets all of them.
  for (let run = 0; run < RUNS; run++) {
    for (const [name, { cycle }] of running) {
      for (let i = 0; i < CYCLES; i++) {
        const startMs = performance.now();
        await cycle();
        samples.get(name)?.push(performance.now() - startMs);
      }
    }
  }
  const pairMs = median(samples.get('bare MongoDB pair') ?? []);
  for (const [name, contender] of Object.entries(contenders)) {
    if (typeof contender === 'string') console.log(`lock: ${name}: ${contender}`);
    else {
      const cycleMs = median(samples.get(name) ?? []);
      report(`lock: ${name}`, {
        'ms per cycle': cycleMs,
        ...(mongoUrl && { 'of the pair': cycleMs / pairMs }),
      });
      await contender.close();
    }
  }
  await countTrips();
}

function barePair(url: string): Contender {
  const { db, close } = connectMongo({ url, dbName: `mnemon_bench_${randomUUID()}` });
  const rows = db.collection<{ _id: string; holder?: string }>('locks');
  return {
    async cycle() {
      await rows.findOneAndUpdate({ _id: 'lock' }, { $set: { holder: 'me' } }, { upsert: true });
      await rows.findOneAndUpdate({ _id: 'lock', holder: 'me' }, { $unset: { holder: '' } });
    },
    close: () => db.dropDatabase().then(close),
  };
}

async function store(url: string): Promise<Contender> {
  const { db, close } = connectMongo({ url, dbName: `mnemon_bench_${randomUUID()}` });
  await migrate(db);
  const { locks, log } = mongoStorage({ db });
  const space = 'bench' as SpaceId;
  await log.open(space, 'epoch');
  const lock = { space, name: 'lock' };
  return {
    async cycle() {
      const by = { instanceId: 'me' as InstanceId, connectionId: 'mine', attempt: randomUUID() };
      const acquired = await locks.acquire(lock, by, { leaseMs: LEASE_MS, waitMs: 0 });
      if (!acquired?.granted) throw new Error('not granted');
      await locks.release({ ...lock, instanceId: by.instanceId, token: acquired.token });
    },
    close: () => db.dropDatabase().then(close),
  };
}

async function client(backends = realBackends()): Promise<Contender> {
  const cloud = await startBenchCloud({ backends });
  const { instances } = await connectMany(cloud, ['holder']);
  const [holder] = instances;
  if (!holder) throw new Error('nobody is connected');
  return {
    async cycle() {
      await (await holder.lock('lock', { leaseMs: LEASE_MS })).release();
    },
    close: () => holder.close().then(() => cloud.close()),
  };
}

function realBackends() {
  const { MONGODB_URL, DYNAMODB_ENDPOINT, REDIS_URL } = process.env;
  return {
    ...(MONGODB_URL && { mongodbUrl: MONGODB_URL }),
    ...(DYNAMODB_ENDPOINT && { dynamodbEndpoint: DYNAMODB_ENDPOINT }),
    ...(REDIS_URL && { redisUrl: REDIS_URL }),
  };
}

async function upstashLock(redisUrl: string): Promise<Contender> {
  const token = randomUUID();
  const rest = await startUpstashRest({ redisUrl, token });
  const redis = new UpstashRedis({ url: rest.url, token, enableTelemetry: false });
  const lock = new Lock({ id: `bench:${randomUUID()}`, redis, lease: LEASE_MS });
  return {
    async cycle() {
      if (!(await lock.acquire()) || !(await lock.release())) throw new Error('not granted');
    },
    close: () => rest.close(),
  };
}

/** Gives a lock back if it is still the holder's. */
const RELEASE =
  'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0';

function setNx(redisUrl: string): Contender {
  const redis = new Redis(redisUrl);
  const key = `bench:${randomUUID()}`;
  return {
    async cycle() {
      const holder = randomUUID();
      if ((await redis.set(key, holder, 'PX', LEASE_MS, 'NX')) !== 'OK') throw new Error('not granted');
      await redis.eval(RELEASE, 1, key, holder);
    },
    close: () => redis.quit(),
  };
}

/** What one cycle asks of the database: this does not vary with the machine. */
async function countTrips(): Promise<void> {
  if (!process.env.MONGODB_URL) return console.log('MongoDB per lock cycle: skipped, MONGODB_URL is not set');
  const real = await countingBackends(process.env);
  const { cycle, close } = await client(real.backends);
  for (let i = 0; i < 20; i++) await cycle(); // until every pool has its connections
  const before = { ...real.calls };
  for (let i = 0; i < 20; i++) await cycle();
  const perCycle = (name: 'MongoDB commands' | 'MongoDB round trips') =>
    (real.calls[name] - before[name]) / 20;
  report('MongoDB per lock cycle', {
    commands: perCycle('MongoDB commands'),
    'round trips': perCycle('MongoDB round trips'),
  });
  await close();
  await real.close();
}
