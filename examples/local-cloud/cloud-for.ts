import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCloudProcess } from './cloud-process.ts';
import { spaceTokens } from './space-tokens.ts';

/** Where an example may connect, and as whom. */
export interface ExampleCloud {
  url: string;
  token: string;
  /** Ends the cloud, if it was started for the example. */
  leave: () => Promise<void>;
}

/** The cloud that the command line names by URL and token; without them one that is gone with `leave`. */
export async function cloudFor([url, token]: string[]): Promise<ExampleCloud> {
  if (url && token) return { url, token, leave: async () => {} };
  if (url) throw new Error('a URL wants a token: npm start prints one');
  const dataDir = await mkdtemp(join(tmpdir(), 'mnemon-example-'));
  const cloud = await startCloudProcess(0, dataDir);
  const space = await spaceTokens(dataDir);
  return {
    url: cloud.url,
    token: await space.token(),
    async leave() {
      await cloud.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
