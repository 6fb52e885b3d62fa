import {
  type Commit,
  commitSchema,
  type MutationId,
  type PartitionId,
  type SealedCommit,
  topicsOfCommit,
  UnreadableCommit,
} from '@mnemon/core';
import * as z from 'zod';
import { rowsOf } from './row-range.ts';

/** A commit as it is kept: the text, which nothing in the database looks into, and what it is found by. */
export interface CommitRow extends MutationId {
  /** `<space>/<partition>/<seq>`: in this order the log is read. */
  _id: string;
  space: string;
  partition: number;
  seq: number;
  /** Of its events' keys, all prefixes; follows from the text. */
  topics: readonly string[];
  /** `<client>/<n>`: many are looked for at once. */
  mutation: string;
  /** What it changed, each key once. */
  keys: string[];
  epoch: string;
  hash: string;
  text: string;
}

export const SEQ_DIGITS = 16; // of the greatest safe integer

export const commitRowId = (at: PartitionId, seq: number): string =>
  `${rowsOf(at).$gt}${String(seq).padStart(SEQ_DIGITS, '0')}`;

export const mutationName = ({ client, n }: MutationId): string => `${client}/${n}`;

export function toCommitRow({ commit, hash, text }: SealedCommit): CommitRow {
  const { space, partition, seq, epoch, mutation, events } = commit;
  return {
    _id: commitRowId(commit, seq),
    space,
    partition,
    seq,
    topics: topicsOfCommit(commit),
    keys: [...new Set(events.map(({ key }) => key))],
    mutation: mutationName(mutation),
    client: mutation.client,
    n: mutation.n,
    epoch,
    hash,
    text,
  };
}

/** What `readCommits` reads. */
export const COMMIT_TEXT = { seq: 1, hash: 1, text: 1 } as const;

const rowSchema = z.object({ _id: z.string(), seq: z.int(), hash: z.string(), text: z.string() });

/** Whether the hash is right is not for a store to say: `verifyChain` does (I2). Throws at what is no commit. */
function readCommit(row: unknown): SealedCommit {
  const { _id, seq, hash, text } = rowSchema.parse(row);
  if (seq !== seqOfRow(_id)) throw new Error(`row ${_id} says that it is commit ${seq}`);
  const commit: unknown = JSON.parse(text);
  commitSchema.parse(commit);
  return { commit: commit as Commit, text, hash };
}

/** Throws `UnreadableCommit` at the first that is none. */
export function readCommits(rows: readonly { _id: string }[]): SealedCommit[] {
  const commits: SealedCommit[] = [];
  for (const row of rows) {
    try {
      commits.push(readCommit(row));
    } catch (cause) {
      throw new UnreadableCommit(seqOfRow(row._id), commits, { cause });
    }
  }
  return commits;
}

const seqOfRow = (id: string): number => Number(id.slice(-SEQ_DIGITS));
