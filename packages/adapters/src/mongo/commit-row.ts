import {
  type Commit,
  commitSchema,
  type MutationId,
  type PartitionId,
  type SealedCommit,
  topicsOfCommit,
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
  hash: string;
  text: string;
}

export const SEQ_DIGITS = 16; // of the greatest safe integer

export const commitRowId = (at: PartitionId, seq: number): string =>
  `${rowsOf(at).$gt}${String(seq).padStart(SEQ_DIGITS, '0')}`;

export const mutationName = ({ client, n }: MutationId): string => `${client}/${n}`;

export function toCommitRow({ commit, hash, text }: SealedCommit): CommitRow {
  const { space, partition, seq, mutation, events } = commit;
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
    hash,
    text,
  };
}

const rowSchema = z.object({ hash: z.string(), text: z.string() });

/** Whether the hash is right is not for a store to say: `verifyChain` does (I2). */
export function readCommit(row: unknown): SealedCommit {
  const { hash, text } = rowSchema.parse(row);
  const commit: unknown = JSON.parse(text);
  commitSchema.parse(commit);
  return { commit: commit as Commit, text, hash };
}
