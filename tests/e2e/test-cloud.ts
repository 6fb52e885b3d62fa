import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect, type Mnemon } from '@mnemon/client';
import type { Claims } from '@mnemon/functions/token';
import { type SpaceId, spaceIdSchema } from '@mnemon/protocol';
import { inject } from 'vitest';
import type { BackendUrls } from '../../packages/local/src/backends.ts';
import type { Cloud, CloudOptions } from '../../packages/local/src/cloud.ts';
import { type Backdoor, openBackdoor } from './backdoor.ts';
import { connectRaw, openRaw, type RawClient } from './raw-client.ts';
import { asFarAsDeployed, stage } from './stage.ts';

/** A cloud of bundled handlers, and ways to connect to it. */
export interface TestCloud extends Cloud, Backdoor {
  /** Everything that the functions and the host logged. */
  logged: string[];
  /** A space that no other test uses. */
  newSpace(): SpaceId;
  connect(space: SpaceId, instanceId: string, claims?: Partial<Claims>): Promise<Mnemon>;
  /** A bare WebSocket that has said `connect`, for frames that the client would never send. */
  connectRaw(space: SpaceId, instanceId: string, claims?: Partial<Claims>): Promise<RawClient>;
  /** A bare WebSocket that has said nothing yet. */
  openRaw(space: SpaceId, instanceId: string, claims?: Partial<Claims>): Promise<RawClient>;
  /** The id of the instance's live connection. */
  connectionId(space: SpaceId, instanceId: string): Promise<string>;
  /** Drops the instance's connection as a lost network does. */
  cut(space: SpaceId, instanceId: string): Promise<void>;
}

/** Sixty connections at once take their time on a busy machine. */
const PATIENCE_MS = 30_000;

export async function startTestCloud(
  backends: BackendUrls,
  options: Partial<CloudOptions> = {},
): Promise<TestCloud> {
  if (stage) {
    const { url, httpUrl, issueToken } = stage;
    const members = { url, ...(httpUrl !== undefined && { httpUrl }), issueToken, close: async () => {} };
    const wants = [...Object.keys(backends), ...Object.keys(options)];
    return asFarAsDeployed<TestCloud>({ ...members, ...clientsOf(stage) }, wants);
  }
  const { startCloud } = (await import(
    pathToFileURL(join(inject('bundleDir'), 'cloud.mjs')).href
  )) as typeof import('../../packages/local/src/cloud.ts');
  const logged: string[] = [];
  const name = `test-${randomUUID()}`;
  const log = (line: string) => logged.push(line);
  const cloud = await startCloud({ port: 0, name, backends, log, ...options });
  const backdoor = await openBackdoor(cloud.inside, backends.redisUrl);

  async function connectionId(space: SpaceId, instanceId: string): Promise<string> {
    const rows = await backdoor.connections.list(space, Date.now());
    const row = rows.find((each) => each.instanceId === instanceId);
    if (!row) throw new Error(`${instanceId} is not connected`);
    return row.connectionId;
  }

  return {
    ...cloud,
    ...backdoor,
    logged,
    ...clientsOf(cloud),
    connectionId,
    async cut(space, instanceId) {
      cloud.gateway.cut(await connectionId(space, instanceId));
    },
    async close() {
      await cloud.close();
      await backdoor.close();
    },
  };
}

type Clients = Pick<TestCloud, 'newSpace' | 'connect' | 'connectRaw' | 'openRaw'>;

/** Ways to connect to whatever is there. */
const clientsOf = ({
  url,
  httpUrl,
  issueToken,
}: Pick<TestCloud, 'url' | 'issueToken'> & { httpUrl: string | undefined }): Clients => ({
  newSpace: () => spaceIdSchema.parse(`space-${randomUUID()}`),
  connect: (space, instanceId, claims) =>
    connect({
      url,
      ...(httpUrl !== undefined && { httpUrl }),
      token: () => issueToken({ space, ...claims }),
      instanceId,
      connectTimeoutMs: PATIENCE_MS,
    }),
  connectRaw: async (space, instanceId, claims) =>
    connectRaw({ url, token: await issueToken({ space, ...claims }), instanceId }),
  openRaw: async (space, instanceId, claims) =>
    openRaw({ url, token: await issueToken({ space, ...claims }), instanceId }),
});
