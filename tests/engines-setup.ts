import { MongoBinary, MongoMemoryReplSet } from 'mongodb-memory-server-core';
import { chromiumPath } from './chromium.ts';
import { ENGINES, engineUrl } from './engines.ts';

/** Downloading a mongod takes its time, once. */
const START_MS = 120_000;

const reasons = new Map<string, string>();
let mongoServer: MongoMemoryReplSet | undefined;

/** Runs once, before any worker starts: they inherit the variables. */
export async function setup(): Promise<void> {
  for (const { name, variable } of ENGINES) {
    reasons.set(name, engineUrl(name) ? variable : `${variable} is not set`);
  }
  if (engineUrl('MongoDB')) return;
  try {
    mongoServer = await startMongo();
    process.env.MONGODB_URL = mongoServer.getUri();
    reasons.set('MongoDB', 'mongodb-memory-server');
  } catch (error) {
    const [reason] = (error as Error).message.split(', Details:', 1);
    reasons.set('MongoDB', `MONGODB_URL is not set, and mongodb-memory-server: ${reason}`);
  }
}

/** Ends with what this run could use, so that a short run does not pass for a whole one. */
export async function teardown(): Promise<void> {
  const lines = ENGINES.map(
    ({ name }) => `  ${name.padEnd(9)} ${engineUrl(name) ? 'ran' : 'skipped'}: ${reasons.get(name)}`,
  );
  const browser = chromiumPath();
  lines.push(`  ${'Chromium'.padEnd(9)} ${browser ? `ran: ${browser}` : 'skipped: there is none in PATH'}`);
  console.log(['', 'Engines', `  ${'In memory'.padEnd(9)} ran: always does`, ...lines, ''].join('\n'));
  await mongoServer?.stop();
}

async function startMongo(): Promise<MongoMemoryReplSet> {
  let timer: NodeJS.Timeout | undefined;
  const tooSlow = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('did not start in time')), START_MS);
  });
  // Offline it is the binary that is missing: asked for first, nothing has to be cleaned up then.
  const starting = MongoBinary.getPath().then(() => MongoMemoryReplSet.create({ replSet: { count: 1 } }));
  return Promise.race([starting, tooSlow]).finally(() => clearTimeout(timer));
}
