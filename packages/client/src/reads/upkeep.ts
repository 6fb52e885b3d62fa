import type {
  ChainEnd,
  Cursor,
  Rebuilt,
  Scope,
  SnapshotSummary,
  SpaceStats,
  Verdict,
} from '@mnemon/protocol';
import { administer } from './administer.ts';
import type { Ask } from './server-reads.ts';

/** The snapshots of a space. */
export interface Snapshots {
  /** Takes one of the newest state, or answers the one of it that there is. */
  take(): Promise<SnapshotSummary>;
  /** The newest first. */
  list(): Promise<SnapshotSummary[]>;
}

/** How a space fares. All of it needs the grant to administer everything. */
export interface Upkeep {
  /** Counts, sizes, the head, and how far each instance is behind it. */
  stats(): Promise<SpaceStats>;
  /**
   * Walks the hash chain of the whole log and answers its end, or the first commit that does not fit (I2). `known` is the
   * `end` of an earlier walk, which the log has to contain still.
   */
  verify(known?: ChainEnd): Promise<Verdict>;
  /** Compares the entries of a scope with those that the log makes; names the first that differ, and changes nothing. */
  rebuild(scope: Scope): Promise<Omit<Rebuilt, 'page'>>;
  /**
   * Gives the space a new epoch, after its database was restored from a backup: every client reloads, this one too. Answers
   * where the log stands.
   */
  renewEpoch(): Promise<Cursor>;
  readonly snapshots: Snapshots;
}

const DIFFERENCES = 100;

export function createUpkeep(ask: Ask): Omit<Upkeep, 'snapshots'> {
  async function verify(known?: ChainEnd): Promise<Verdict> {
    for (let page: string | undefined; ; ) {
      const request = { ...(known && { known }), ...(page !== undefined && { page }) };
      const verdict = await administer(ask, 'verify', request);
      page = verdict.intact ? verdict.page : undefined;
      if (page === undefined) return verdict;
    }
  }

  async function rebuild(scope: Scope): Promise<Omit<Rebuilt, 'page'>> {
    const all: Omit<Rebuilt, 'page'> = { compared: 0, wrong: 0, differences: [] };
    for (let page: string | undefined; ; ) {
      const request = { scope, ...(page !== undefined && { page }) };
      const part = await administer(ask, 'rebuild', request);
      all.compared += part.compared;
      all.wrong += part.wrong;
      all.differences = [...all.differences, ...part.differences].slice(0, DIFFERENCES);
      page = part.page;
      if (page === undefined) return all;
    }
  }

  return {
    stats: () => administer(ask, 'stats', {}),
    verify,
    rebuild,
    renewEpoch: async () => (await administer(ask, 'renew-epoch', {})).cursor,
  };
}

export const createSnapshots = (ask: Ask): Snapshots => ({
  take: () => administer(ask, 'take-snapshot', {}),
  list: () => administer(ask, 'list-snapshots', {}),
});
