import { ENGINES, engineUrl } from './engines.ts';

/** A package that downloads and runs a real mongod. Optional: the tests run without it, on fewer engines. */
const MONGO_SERVER = 'mongodb-memory-server-core';
const START_MS = 60_000;

interface MongoServer {
  getUri(): string;
  stop(): Promise<unknown>;
}

const reasons = new Map<string, string>();
let mongoServer: MongoServer | undefined;

/** Runs once, before any worker starts: they inherit the variables. */
export async function setup(): Promise<void> {
  for (const { name, variable } of ENGINES) {
    reasons.set(name, engineUrl(name) ? variable : `${variable} is not set`);
  }
  if (engineUrl('MongoDB')) return;
  try {
    mongoServer = await startMongo();
    process.env.MONGODB_URL = mongoServer.getUri();
    reasons.set('MongoDB', MONGO_SERVER);
  } catch (error) {
    reasons.set('MongoDB', `MONGODB_URL is not set, and ${(error as Error).message.split('\n', 1)[0]}`);
  }
}

/** Ends with what this run could use, so that a short run does not pass for a whole one. */
export async function teardown(): Promise<void> {
  const lines = ENGINES.map(
    ({ name }) => `  ${name.padEnd(9)} ${engineUrl(name) ? 'ran' : 'skipped'}: ${reasons.get(name)}`,
  );
  console.log(['', 'Engines', `  ${'In memory'.padEnd(9)} ran: always does`, ...lines, ''].join('\n'));
  await mongoServer?.stop();
}

async function startMongo(): Promise<MongoServer> {
  const { MongoMemoryReplSet } = await import(MONGO_SERVER).catch(() => {
    throw new Error(`${MONGO_SERVER} is not installed`);
  });
  let timer: NodeJS.Timeout | undefined;
  const tooSlow = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${MONGO_SERVER} did not start in time`)), START_MS);
  });
  const starting: Promise<MongoServer> = MongoMemoryReplSet.create({ replSet: { count: 1 } });
  return Promise.race([starting, tooSlow]).finally(() => clearTimeout(timer));
}
