import { type Entry, isLive, type KeptVersion, type MemoryEvent } from '@mnemon/protocol';
import type { SealedCommit } from './commit.ts';
import { evolve } from './decide.ts';
import type { Past } from './history-page.ts';
import { createDiffer } from './patch.ts';
import { shown } from './shown.ts';
import { DELIVERY_BYTES, sizeOf } from './split-delivery.ts';

interface Made {
  commit: SealedCommit['commit'];
  event: MemoryEvent;
}

/** Everything that `commits`, the newest first, did to `key`, the newest first. A batch may change a key several times. */
const changesOf = (key: string, commits: readonly SealedCommit[]): Made[] =>
  commits.flatMap(({ commit }) =>
    commit.events
      .filter((event) => event.key === key)
      .map((event) => ({ commit, event }))
      .reverse(),
  );

/**
 * The versions of a key that `commits`, the newest first, hold, each with the difference to the one before; only those
 * older than `before`, if given. Of a predecessor that `commits` don't hold nothing is known, unless there was none.
 */
export function versionsOf(
  key: string,
  commits: readonly SealedCommit[],
  before: { seq: number; version: number } | undefined,
): KeptVersion[] {
  const differ = createDiffer();
  const changes = changesOf(key, commits);
  const versions = changes.map(({ commit, event }, index): KeptVersion => {
    const { seq, committedAtMs, author } = commit;
    const version = { seq, committedAtMs, writer: author, event: shown(event) };
    const predecessor = changes[index + 1]?.event;
    if (!predecessor && event.version > 1) return version;
    const withPatch = { ...version, patch: differ(predecessor, event) };
    return sizeOf(withPatch) > DELIVERY_BYTES ? version : withPatch;
  });
  return before
    ? versions.filter(({ seq, event }) => seq < before.seq || event.version < before.version)
    : versions;
}

/** What each key was when the newest of `commits` that changed it had been made. */
export function entriesAfter(commits: readonly SealedCommit[]): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const { commit } of [...commits].sort((a, b) => a.commit.seq - b.commit.seq)) {
    for (const event of commit.events) entries.set(event.key, evolve(event, commit.partition, commit.seq));
  }
  return entries;
}

/** Whether the key existed at that time: an entry counts as deleted as soon as it expires. */
export const existsAt = (entry: Entry | undefined, { timeMs }: Past): entry is Entry => isLive(entry, timeMs);
