import { expect, test } from 'vitest';
import { CONNECTIONS_EACH, MONGO_CONNECTIONS } from '../../infra/mongo-tier.ts';
import { stageSettings } from '../../infra/stage.ts';
import { POOL_SIZE } from '../../packages/adapters/src/mongo/connect-mongo.ts';
import { SCHEDULES } from '../../packages/local/src/cloud-schedules.ts';

/** What is left to functions that name no number of environments of their own. */
const ACCOUNT_ENVIRONMENTS = 1_000;
const UNRESERVED = 100;

/** The run itself, one that it overtook, and one that is tried again. */
const RUNS_AT_ONCE = 3;

test('an environment opens its pool and one connection more', () => {
  expect(CONNECTIONS_EACH).toBe(POOL_SIZE + 1);
});

test.each(['production', 'staging'])(
  'all environments of %s at once are not too many for MongoDB',
  (stage) => {
    const { concurrency, mongoTier } = stageSettings(stage);
    const { Message, Api, Stream, FanOut } = concurrency;
    const reserved = [Message, Api, Stream, FanOut].reduce<number>((sum, each = Infinity) => sum + each, 0);
    const environments = reserved + RUNS_AT_ONCE * Object.keys(SCHEDULES).length;
    expect(environments * CONNECTIONS_EACH).toBeLessThanOrEqual(MONGO_CONNECTIONS[mongoTier]);
    expect(reserved, 'of what an account has').toBeLessThanOrEqual(ACCOUNT_ENVIRONMENTS - UNRESERVED);
  },
);
