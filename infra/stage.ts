import type { MongoTier } from './mongo-tier.ts';

/** Functions that many call at once. */
type Busy = 'Message' | 'Api' | 'Stream' | 'FanOut';

/** All that differs between stages. Everything else is the same everywhere, or it is not tested by a personal stage. */
export interface StageSettings {
  region: 'us-east-1' | 'eu-central-1';
  /** What `sst remove` does to tables. */
  removal: 'remove' | 'retain';
  /** Whether `sst remove` is refused, and tables can't be deleted. */
  protect: boolean;
  /** Whether MongoDB and Redis are there, and secrets say where, or are made with the stage, at Atlas and Upstash. */
  data: 'secrets' | 'managed';
  heartbeatMs: number;
  /** More than twice `heartbeatMs`. */
  staleMs: number;
  streamMs: number;
  memory: '512 MB' | '1024 MB' | '1769 MB';
  /** As many posts as a function makes in some 60 ms, which is what it takes to hand them over: each takes 0.2 ms of a processor. */
  postsEach: number;
  /** Environments that a function may have at once, taken from the account's; who is not named has as many as there are. */
  concurrency: Readonly<Partial<Record<Busy, number>>>;
  logRetention: '1 week' | '3 months';
  alarms: boolean;
  /** Whether Lambda traces some of the invocations, and their calls of backends with them. */
  tracing: boolean;
  /** What is made where data is managed, and what it takes: `concurrency` has to fit. */
  mongoTier: MongoTier;
  /** Connected instances beyond which it is more than was thought of; for the alarm. */
  maxConnections: number;
  /** Who is told about alarms, once they have confirmed it. */
  alarmEmail?: string;
  /** `memory.example.com` makes `wss://memory.example.com` and `https://api.memory.example.com`; its zone is in Route 53. */
  domain?: string;
  /** Web pages that may call the HTTP API. */
  corsOrigins: readonly string[];
  /** Where an identity provider publishes the keys of its tokens; beside the secrets. */
  jwksUrl?: string;
  connectsPerMinute: number;
  requestsPerMinute: number;
  ticketsPerMinute: number;
  writesPerSecond: number;
  connectionsPerToken: number;
  /** While Redis, where they are counted, is away. */
  rateLimitsWhenDown: 'open' | 'closed';
}

const personal: StageSettings = {
  region: 'us-east-1',
  removal: 'remove',
  protect: false,
  data: 'secrets',
  heartbeatMs: 60_000,
  staleMs: 150_000,
  streamMs: 60_000,
  memory: '512 MB',
  postsEach: 100,
  concurrency: {}, // an account has 1,000, and many such stages
  logRetention: '1 week',
  alarms: false,
  tracing: false,
  mongoTier: 'Flex',
  maxConnections: 1_000,
  corsOrigins: ['*'],
  connectsPerMinute: 600,
  requestsPerMinute: 600,
  ticketsPerMinute: 60,
  writesPerSecond: 200,
  connectionsPerToken: 100,
  rateLimitsWhenDown: 'open',
};

const production: StageSettings = {
  ...personal,
  removal: 'retain',
  protect: true,
  heartbeatMs: 25_000,
  staleMs: 80_000,
  streamMs: 300_000,
  memory: '1769 MB', // one whole processor
  postsEach: 250,
  concurrency: { Message: 200, Api: 60, Stream: 30, FanOut: 20 },
  logRetention: '3 months',
  alarms: true,
  tracing: true,
  mongoTier: 'M30',
  maxConnections: 50_000,
  corsOrigins: [],
  connectsPerMinute: 6_000,
  requestsPerMinute: 6_000,
  writesPerSecond: 2_000,
  connectionsPerToken: 1_000,
};

/** Shared stages by name; every other stage is somebody's own. */
const STAGES: Readonly<Record<string, StageSettings>> = {
  production,
  staging: {
    ...production,
    removal: 'remove',
    protect: false,
    concurrency: { Message: 80, Api: 30, Stream: 15, FanOut: 15 },
    mongoTier: 'M10',
    logRetention: '1 week',
  },
};

export const stageSettings = (stage: string): StageSettings => STAGES[stage] ?? personal;

/** Pinned, so that all stages are made by the same. Those of managed data need their credentials only where they are used. */
const providers = {
  random: '4.16.6',
  mongodbatlas: '4.16.0',
  '@upstash/pulumi': '0.5.0',
};

/** What SST wants to know before it evaluates the rest. */
export function appSettings(stage: string) {
  const { removal, protect, region } = stageSettings(stage);
  const aws = { region, version: '7.20.0' };
  return { name: 'mnemon', home: 'aws' as const, removal, protect, providers: { aws, ...providers } };
}
