import type { Connections } from '@mnemon/core';
import { beforeAll, describe } from 'vitest';
import { endTests } from './connections-end.ts';
import { putTests } from './connections-put.ts';
import { replaceTests } from './connections-replace.ts';
import { subscribeTests } from './connections-subscribe.ts';
import { sweepTests } from './connections-sweep.ts';
import { STALE_AFTER_MS } from './stored-connections.ts';

export type MakeConnections = (options: { staleAfterMs: number }) => Connections | Promise<Connections>;

/**
 * What every store of connections must keep. Each test has spaces of its own and leaves rows behind. `many` rows of 1 KB
 * are listed at once: choose more than a page of the store holds.
 */
export function connectionsContract(
  name: string,
  makeConnections: MakeConnections,
  { many }: { many: number },
): void {
  describe(`connections: ${name}`, () => {
    let connections: Connections;
    beforeAll(async () => {
      connections = await makeConnections({ staleAfterMs: STALE_AFTER_MS });
    });
    putTests(() => connections, many);
    replaceTests(() => connections);
    endTests(() => connections);
    subscribeTests(() => connections);
    sweepTests(() => connections);
  });
}
