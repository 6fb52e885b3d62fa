import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect, type Mnemon } from '@mnemon/client';
import { type SpaceId, spaceIdSchema } from '@mnemon/protocol';
import { inject } from 'vitest';
import type { BackendUrls } from '../../packages/local/src/backends.ts';
import type { Cloud, CloudOptions } from '../../packages/local/src/cloud.ts';
import { connectRaw, type RawClient } from './raw-client.ts';

/** A cloud of bundled handlers, and ways to connect to it. */
export interface TestCloud extends Cloud {
  /** Everything that the functions and the host logged. */
  logged: string[];
  /** A space that no other test uses. */
  newSpace(): SpaceId;
  connect(space: SpaceId, instanceId: string): Promise<Mnemon>;
  /** A bare WebSocket that has said `connect`, for frames that the client would never send. */
  connectRaw(space: SpaceId, instanceId: string): Promise<RawClient>;
}

export async function startTestCloud(
  backends: BackendUrls,
  options: Partial<CloudOptions> = {},
): Promise<TestCloud> {
  const { startCloud } = (await import(
    pathToFileURL(join(inject('bundleDir'), 'cloud.mjs')).href
  )) as typeof import('../../packages/local/src/cloud.ts');
  const logged: string[] = [];
  const cloud = await startCloud({
    port: 0,
    name: `test-${randomUUID()}`,
    backends,
    log: (line) => logged.push(line),
    ...options,
  });
  const tokenFor = (space: SpaceId) => () => cloud.issueToken({ space });
  return {
    ...cloud,
    logged,
    newSpace: () => spaceIdSchema.parse(`space-${randomUUID()}`),
    connect: (space, instanceId) => connect({ url: cloud.url, token: tokenFor(space), instanceId }),
    connectRaw: async (space, instanceId) =>
      connectRaw({ url: cloud.url, token: await cloud.issueToken({ space }), instanceId }),
  };
}
