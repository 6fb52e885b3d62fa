import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect, type Mnemon } from '@mnemon/client';
import { type SpaceId, spaceIdSchema } from '@mnemon/protocol';
import { bundle } from '../../packages/local/bundle.mjs';
import type { Cloud, CloudOptions } from '../../packages/local/src/cloud.ts';

const bundled = bundle();

/** The cloud as `npm start` runs it, with nothing kept. */
export async function startBenchCloud(options: Partial<CloudOptions> = {}): Promise<Cloud> {
  const { startCloud } = (await import(
    pathToFileURL(join(await bundled, 'cloud.mjs')).href
  )) as typeof import('../../packages/local/src/cloud.ts');
  return startCloud({ port: 0, name: `bench-${randomUUID()}`, ...options });
}

/** Instances of a new space. */
export async function connectMany(
  cloud: Cloud,
  names: readonly string[],
): Promise<{ space: SpaceId; instances: Mnemon[] }> {
  const space = spaceIdSchema.parse(`bench-${randomUUID()}`);
  const token = () => cloud.issueToken({ space });
  const instances = await Promise.all(
    names.map((instanceId) => connect({ url: cloud.url, token, instanceId })),
  );
  return { space, instances };
}
