import { randomUUID } from 'node:crypto';
import { memoryRateLimits } from '@mnemon/adapters/memory';
import { upstashRateLimits } from '@mnemon/adapters/redis';
import { Unavailable } from '@mnemon/core';
import { rateLimitsContract } from '@mnemon/testing/contracts/rate-limits-contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startUpstashRest, type UpstashRest } from '../../packages/local/src/upstash/upstash-rest.ts';
import { engineUrl } from '../engines.ts';

rateLimitsContract('memory', memoryRateLimits);

const redisUrl = engineUrl('Redis');
describe.skipIf(!redisUrl)('Redis', () => {
  const token = 'a token';
  let rest: UpstashRest;
  beforeAll(async () => {
    rest = await startUpstashRest({ redisUrl: redisUrl ?? '', token });
  });
  afterAll(() => rest.close());
  rateLimitsContract('Upstash', () =>
    upstashRateLimits({ url: rest.url, token, prefix: `mnemon-test-${randomUUID()}` }),
  );
});

test('a Redis that is away is said to be, without the credentials', async () => {
  const limits = upstashRateLimits({ url: 'http://127.0.0.1:1', token: 'secret', prefix: 'p' });
  const failure = await limits.count('a', 1_000).catch((error) => error);
  expect(failure).toBeInstanceOf(Unavailable);
  expect(JSON.stringify([failure.message, failure.stack, failure.cause])).not.toContain('secret');
});
