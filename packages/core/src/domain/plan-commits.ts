import type { Ack, ErrorCode, Fence, Outcome } from '@mnemon/protocol';
import type { Append, Loaded, PartitionId } from '../ports/event-log.ts';
import type { WaitingBatch } from '../ports/inbox.ts';
import { type Commit, type SealedCommit, seal } from './commit.ts';
import { type ConflictRecord, closedBy, recordsOf } from './conflict.ts';
import type { Surroundings } from './decide.ts';
import { type BatchDecision, decideBatch, type Entries } from './decide-batch.ts';
import type { StoredBatch } from './stored-op.ts';

/** What to append for some batches, and what to answer their writers once it is. */
export interface Plan extends Required<Omit<Append, 'newEpoch' | 'importId'>> {
  epoch: string;
  answers: readonly Answer[];
  /** Commits of the log that have to be read before this plan can be made for good. */
  needs: readonly number[];
}

export interface Answer {
  to: WaitingBatch;
  ack: Ack;
  /** The commit that holds the batch: of this plan, or of long ago when the batch was sent again. */
  commit?: SealedCommit;
}

/** A plan of nothing but `commits`. */
export const planOf = (at: PartitionId, epoch: string, commits: readonly SealedCommit[]): Plan => ({
  ...at,
  epoch,
  commits,
  entries: [],
  settled: [],
  answers: [],
  conflicts: [],
  closings: [],
  needs: [],
  fences: [],
});

/** The plan's append and nothing more: a store in another thread gets a copy of all that it is given. */
export const appendOf = (plan: Plan): Append => {
  const { space, partition, commits, entries, settled, conflicts, closings, fences } = plan;
  return { space, partition, commits, entries, settled, conflicts, closings, fences };
};

/** A batch came in with a valid token. That it had to wait for others is not its writer's fault. */
const WAITING_GRACE_MS = 60_000;

interface Progress {
  entries: Entries;
  head: { seq: number; hash: string };
  commits: SealedCommit[];
  answers: Answer[];
  conflicts: ConflictRecord[];
  closings: NonNullable<Append['closings']>[number][];
  needs: number[];
  /** By their lock. */
  fences: Map<string, Fence>;
}

/** What decisions ask of the log: the commits that were loaded for them, `undefined` where there is none. */
export type Consulted = ReadonlyMap<number, SealedCommit | undefined>;

/** Decides batches one after the other on one loaded state; pure. Each becomes a commit of its own. */
export function planCommits(
  loaded: Loaded,
  waiting: readonly WaitingBatch[],
  at: PartitionId,
  nowMs: number,
  consulted: Consulted = new Map(),
): Plan {
  const progress: Progress = {
    entries: loaded.entries,
    head: loaded.head,
    commits: [],
    answers: [],
    conflicts: [],
    closings: [],
    needs: [],
    fences: new Map(),
  };
  const { policies, tokens } = loaded;
  const around = { nowMs, policies, ...(tokens && { tokens }), eventAt: eventsIn(consulted) };
  for (const batch of waiting) {
    const first = findAnswer([...loaded.answered, ...progress.commits], batch);
    if (first) progress.answers.push(repeatAnswer(first, batch));
    else decideOne(progress, batch, loaded.epoch, at, around);
  }
  const { commits, conflicts, closings, needs } = progress;
  return {
    ...at,
    epoch: loaded.epoch,
    commits,
    conflicts,
    closings,
    needs: [...new Set(needs)],
    fences: [...progress.fences.values()],
    entries: changedEntries(loaded.entries, progress.entries),
    settled: waiting.map(({ batch: { client, n } }) => ({ client, n })),
    answers: progress.answers.map((answer) => ({
      ...answer,
      ack: { ...answer.ack, shared: Math.max(1, commits.length) },
    })),
  };
}

const eventsIn =
  (consulted: Consulted): Surroundings['eventAt'] =>
  (seq, key) =>
    // The last of them: a batch may write a key twice, and readers only hold what it left.
    consulted.has(seq)
      ? consulted.get(seq)?.commit.events.findLast((event) => event.key === key)
      : 'not-loaded';

function decideOne(
  progress: Progress,
  to: WaitingBatch,
  epoch: string,
  at: PartitionId,
  around: Surroundings,
): void {
  const { nowMs } = around;
  const seq = progress.head.seq + 1;
  const { caller, batch } = to;
  if (caller.tokenExpiresAtMs + WAITING_GRACE_MS <= nowMs) {
    // I8: left behind by a dead holder, and found long after its writer's rights ended.
    progress.answers.push({ to, ack: refuseAll(batch, 'token-expired', 'the token has expired') });
    return;
  }
  const decision = decideBatch(progress.entries, batch, caller, { ...around, partition: at.partition, seq });
  progress.needs.push(...decision.needs);
  const outcomes = [...decision.outcomes];
  const ack: Ack = { client: batch.client, n: batch.n, outcomes, shared: 1 };
  if (decision.events.length === 0 && !outcomes.some(dependsOnState)) {
    progress.answers.push({ to, ack });
    return;
  }
  const commit = seal({
    ...at,
    seq,
    epoch,
    author: caller.instanceId,
    committedAtMs: nowMs,
    events: decision.events,
    mutation: { client: batch.client, n: batch.n, outcomes },
    prevHash: progress.head.hash,
  });
  noteConflicts(progress, decision, commit.commit);
  for (const [at, { fence }] of batch.ops.entries()) {
    if (fence && outcomes[at]?.status !== 'refused') progress.fences.set(fence.lock, fence);
  }
  progress.entries = decision.entries;
  progress.head = { seq, hash: commit.hash };
  progress.commits.push(commit);
  progress.answers.push({ to, ack: { ...ack, commit: { partition: at.partition, seq } }, commit });
}

/** What met in this commit is recorded with it, and what its writer has settled is closed, wherever it is recorded. */
function noteConflicts(progress: Progress, decision: BatchDecision, commit: Commit): void {
  progress.conflicts.push(...recordsOf(decision.conflicts, commit));
  for (const event of decision.events) {
    if (!progress.entries.get(event.key)?.siblings || decision.entries.get(event.key)?.siblings) continue;
    const { key, version } = event;
    const resolvedBy = { instanceId: commit.author, version, atMs: commit.committedAtMs };
    progress.conflicts = progress.conflicts.map((each) =>
      each.key === key ? closedBy(each, resolvedBy) : each,
    );
    progress.closings.push({ key, resolvedBy });
  }
}

// I6: what was answered so stays so. Without a commit to remember it, a late copy of the batch would be decided on
// another state: a key deleted that was missing then, a condition met that was not.
const dependsOnState = (outcome: Outcome): boolean =>
  outcome.status === 'unchanged' || (outcome.status === 'refused' && outcome.code === 'conflict');

const findAnswer = (commits: readonly SealedCommit[], { batch }: WaitingBatch): SealedCommit | undefined =>
  commits.find(({ commit }) => commit.mutation.client === batch.client && commit.mutation.n === batch.n);

function refuseAll({ client, n, ops }: StoredBatch, code: ErrorCode, message: string): Ack {
  const refused: Outcome = { status: 'refused', code, message };
  return { client, n, outcomes: ops.map(() => refused), shared: 1 };
}

// I6: the batch was applied before; whoever sends it again gets what it was told then.
function repeatAnswer(commit: SealedCommit, to: WaitingBatch): Answer {
  const { client, n } = to.batch;
  const { author, mutation, partition, seq } = commit.commit;
  if (author !== to.caller.instanceId) {
    return { to, ack: refuseAll(to.batch, 'forbidden', 'the batch is of another') };
  }
  const ack = { client, n, commit: { partition, seq }, outcomes: [...mutation.outcomes], shared: 1 };
  return { to, ack, commit };
}

function changedEntries(before: Entries, after: Entries): Append['entries'] {
  const changed = [...after.values()].filter((entry) => entry !== before.get(entry.key));
  return changed.map((entry) => ({ entry, loadedSeq: before.get(entry.key)?.seq ?? 0 }));
}
