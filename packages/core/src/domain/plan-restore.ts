import type { ClientId, Entry } from '@mnemon/protocol';
import { canonicalText, hashOf } from './commit.ts';
import type { Past } from './history-page.ts';
import { contentOf } from './patch.ts';
import type { StoredOp } from './stored-op.ts';

/** One key whose content differs: as it is to be again, and as it was when the restoration was decided on. */
export interface Restoration {
  key: string;
  wanted: Entry | undefined;
  replaced: Entry | undefined;
}

/** Whether both say the same; only who says it, and when, may differ. */
export const saysTheSame = ({ wanted, replaced }: Restoration): boolean =>
  canonicalText(contentOf(wanted)) === canonicalText(contentOf(replaced));

/**
 * The operation that brings `wanted` back, unless the key has changed since. An entry comes back with the lifetime that
 * it had left at `to`.
 */
export function restoringOp({ key, wanted, replaced }: Restoration, to: Past, nowMs: number): StoredOp {
  const common = {
    key,
    seen: replaced?.clock ?? {},
    hlc: { wallMs: nowMs, counter: 0 },
    expectedVersion: replaced?.version ?? 0,
  };
  if (wanted?.value === undefined) return { op: 'delete', ...common };
  const { expiresAtMs, value, ...metadata } = contentOf(wanted) as Entry;
  const ttlMs = expiresAtMs === undefined ? {} : { ttlMs: expiresAtMs - to.timeMs };
  return { op: 'put', ...common, value, ...metadata, ...ttlMs } as StoredOp;
}

/** The batch's name follows from what it does: asked for twice, it is one batch, and applied once (I6). */
export const restorationName = (of: object): ClientId => `restore:${hashOf(canonicalText(of))}` as ClientId;
