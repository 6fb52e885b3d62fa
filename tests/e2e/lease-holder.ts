import type { SpaceId } from '@mnemon/protocol';
import { expect } from 'vitest';
import type { CallFate } from '../../packages/local/src/lambda/lambda-host.ts';
import type { Ambush } from './ambush.ts';
import { eventually } from './eventually.ts';
import type { TestCloud } from './test-cloud.ts';

const HOLDER = 'test';

/** Takes the write lease of a space, such that whatever is written has to wait in the inbox. */
export async function takeLease(cloud: TestCloud, space: SpaceId): Promise<void> {
  expect(await cloud.inbox.acquireLease({ space, partition: 0 }, HOLDER, 60_000)).toBe(true);
}

export const returnLease = (cloud: TestCloud, space: SpaceId): Promise<void> =>
  cloud.inbox.releaseLease({ space, partition: 0 }, HOLDER);

/** The next handler that tries for the lease finds it free. Resolves once it tries. */
export const leaveLeaseToNext = (cloud: TestCloud, ambush: Ambush, space: SpaceId): Promise<void> =>
  ambush.at({ call: 'inbox.acquireLease', phase: 'before' }, async (): Promise<CallFate> => {
    await returnLease(cloud, space);
    return 'continue';
  });

/** Waits until this many batches are in the inbox. */
export const waitForInbox = (cloud: TestCloud, space: SpaceId, count: number): Promise<void> =>
  eventually(async () => {
    expect(await cloud.inbox.list({ space, partition: 0 }, 100)).toHaveLength(count);
  });
