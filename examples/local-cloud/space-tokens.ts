import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueToken } from '@mnemon/functions/token';
import { type SpaceId, spaceIdSchema } from '@mnemon/protocol';

/** A space, by default one that nobody else uses, and what makes tokens for it, signed with the local cloud's own secret. */
export async function spaceTokens(
  dataDir: string,
  space = spaceIdSchema.parse(`example-${randomUUID()}`),
): Promise<{ space: SpaceId; token: () => Promise<string> }> {
  const secret = (await readFile(join(dataDir, 'auth-secret'), 'utf8')).trim();
  const claims = {
    sub: 'example',
    space,
    instance: '*',
    grants: [{ pattern: '**', access: 'write' as const }],
  };
  const token = () => issueToken({ ...claims, exp: Math.floor(Date.now() / 1000) + 3600 }, secret);
  return { space, token };
}
