import type {
  Cursor,
  DiffPage,
  HistoryPage,
  Moment,
  PastState,
  Scope,
  SnapshotSummary,
} from '@mnemon/protocol';
import type { PageOptions } from '../mnemon.ts';
import type { Restoration } from '../reads/past.ts';
import { NamespacedMemory } from './namespaced-memory.ts';
import type { NamespaceOption } from './options.ts';

export interface ScopeOptions extends NamespaceOption {
  /** `{ key }`, or `{ prefix }` for all below a path. By default the whole namespace. */
  readonly scope?: Scope;
}

const ALL: Scope = { prefix: '' };

/** A namespace with its past. Cursors are those that answers and `status` carry, of the whole space. */
export class VersionedMemory extends NamespacedMemory {
  /** The versions of `key`, the newest first, each with its writer and a patch from the one before. In pages. */
  history(key: string, { namespace, ...page }: PageOptions & NamespaceOption = {}): Promise<HistoryPage> {
    return this.memory.history(this.core.within({ namespace }).key(key), page);
  }

  /** The entries as they were at `{ cursor }` or `{ timeMs }`. In pages. */
  at(
    moment: Moment,
    { scope = ALL, namespace, ...page }: PageOptions & ScopeOptions = {},
  ): Promise<PastState> {
    return this.memory.stateAt(this.core.scope(scope, { namespace }), moment, page);
  }

  /** The keys that differ between two moments, and how; without `to`, between then and now. In pages. */
  diff(
    from: Moment,
    { to, scope = ALL, namespace, ...page }: PageOptions & ScopeOptions & { readonly to?: Moment } = {},
  ): Promise<DiffPage> {
    return this.memory.diff(this.core.scope(scope, { namespace }), from, to, page);
  }

  /**
   * Brings back what was at `cursor`, as new events; what somebody has changed since `from`, which is now unless it is
   * named, stays. Needs the grant to administer.
   */
  restore(
    cursor: Cursor,
    { from, scope = ALL, namespace }: ScopeOptions & { readonly from?: Cursor } = {},
  ): Promise<Restoration> {
    return this.memory.restore(this.core.scope(scope, { namespace }), cursor, from && { from });
  }

  /** Copies the whole space as it was at `cursor` into the new one that `token` administers. */
  fork(cursor: Cursor, token: string): Promise<Cursor> {
    return this.memory.fork(cursor, token);
  }

  /** Takes a snapshot of the whole space, or answers the newest when nothing has changed since. Needs the grant to administer. */
  snapshot(): Promise<SnapshotSummary> {
    return this.memory.snapshots.take();
  }
}
