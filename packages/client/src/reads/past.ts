import type { Cursor, DiffPage, HistoryPage, Moment, PastState, Restored, Scope } from '@mnemon/protocol';
import type { PageOptions } from '../mnemon.ts';
import { checkKey } from '../outbox/checked-op.ts';
import { administer } from './administer.ts';
import type { Ask } from './server-reads.ts';

/** What a restoration did: of each key that differed, what became of it. `conflict`: it was changed since `from`. */
export type Restoration = Pick<Restored, 'from' | 'to' | 'outcomes'>;

/** What a space was, asked of the server. Cursors are those that answers and `status` carry. */
export interface Past {
  /**
   * The versions of `key`, the newest first, each with its writer, what it did, and an RFC 6902 patch from the one
   * before. In pages, as far back as the log reaches.
   */
  history(key: string, options?: PageOptions): Promise<HistoryPage>;
  /**
   * The entries of a scope, `{ key }` or `{ prefix }`, as they were at `{ cursor }` or `{ timeMs }`. In pages; the
   * `cursor` of the answer names the moment that was found. Rejects with `too-old` where the log no longer reaches back
   * so far, and with `bad-cursor` for one of another log.
   */
  stateAt(scope: Scope, at: Moment, options?: PageOptions): Promise<PastState>;
  /**
   * The keys of a scope that differ between two moments, and how; without `to`, between then and now. In pages; one may be
   * empty and still not the last.
   */
  diff(scope: Scope, from: Moment, to?: Moment, options?: PageOptions): Promise<DiffPage>;
  /**
   * Brings a scope back to what it was at `to`, as new events: so it can be undone by restoring the answer's `from`. Key
   * by key, what somebody has changed since `from` stays as it is; without it, since now. Many keys are several commits.
   * Needs the grant to administer. Whoever calls again with the same `from` goes on where it failed, and is told the same (I6).
   */
  restore(scope: Scope, to: Cursor, options?: { readonly from?: Cursor }): Promise<Restoration>;
  /**
   * Copies the space as it was at `cursor` into the new one that `token` administers, and answers where that one's log
   * begins. Called again, it goes on where it failed. Rejects with `conflict` when somebody has written there.
   */
  fork(cursor: Cursor, token: string): Promise<Cursor>;
}

export function createPast(ask: Ask): Past {
  async function restore(scope: Scope, to: Cursor, { from }: { readonly from?: Cursor } = {}) {
    // Named before anything is changed, so that what is asked twice on a bad line is done once (I6).
    const since = from ?? (await ask('state-request', { scope, limit: 1 })).cursor;
    const outcomes: Restored['outcomes'] = [];
    for (let page: string | undefined; ; ) {
      const request = { scope, to, from: since, ...(page !== undefined && { page }) };
      const restored = await administer(ask, 'restore', request);
      outcomes.push(...restored.outcomes);
      page = restored.page;
      if (page === undefined) return { from: since, to, outcomes };
    }
  }

  async function fork(cursor: Cursor, token: string): Promise<Cursor> {
    for (;;) {
      const forked = await administer(ask, 'fork', { cursor, token });
      if (forked.complete) return forked.cursor;
    }
  }

  return {
    async history(key, options = {}) {
      checkKey(key);
      return ask('history', { ...options, key });
    },
    stateAt: (scope, at, options = {}) => ask('state-request', { ...options, scope, at }),
    diff: (scope, from, to, options = {}) => ask('diff', { ...options, scope, from, ...(to && { to }) }),
    restore,
    fork,
  };
}
