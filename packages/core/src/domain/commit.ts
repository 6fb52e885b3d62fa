import { createHash } from 'node:crypto';
import type { ChainEnd, ClientId, InstanceId, MemoryEvent, Outcome, SpaceId } from '@mnemon/protocol';

/** What identifies a batch for ever (I6). */
export interface MutationId {
  client: ClientId;
  n: number;
}

/** The events of one batch, as they are appended to the log under one `seq`. */
export interface Commit {
  space: SpaceId;
  partition: number;
  seq: number;
  epoch: string;
  /** Who wrote the batch. */
  author: InstanceId;
  /** The server's clock when the batch was decided. */
  committedAtMs: number;
  events: readonly MemoryEvent[];
  mutation: MutationId & { outcomes: readonly Outcome[] };
  /** The hash of the commit at `seq - 1`; `GENESIS` for the first. */
  prevHash: string;
}

/**
 * A commit with its RFC 8785 text and the SHA-256 of that text, in hex. Stores keep the text: no database's own types
 * or operators then touch a value, and what was hashed is what is kept (I2).
 */
export interface SealedCommit {
  commit: Commit;
  text: string;
  hash: string;
}

/** What the first commit of a partition covers. */
export const GENESIS = '0'.repeat(64);

/**
 * The RFC 8785 text of a value: the same for equal values, whoever writes it. A field without a value is left out, an
 * item without one is null. Throws a `TypeError` on what is no JSON. (Written here because every write waits for it: the
 * library that a test compares it with takes twice as long.)
 */
export function canonicalText(value: unknown): string {
  switch (typeof value) {
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? arrayText(value) : objectText(value);
    case 'string':
      if (value.isWellFormed()) return JSON.stringify(value);
      break;
    case 'number':
      if (Number.isFinite(value)) return `${value}`;
      break;
    case 'boolean':
      return `${value}`;
  }
  throw new TypeError('only JSON has a canonical text');
}

const arrayText = (items: readonly unknown[]): string =>
  `[${items.map((item) => canonicalText(item === undefined ? null : item)).join(',')}]`;

function objectText(fields: object): string {
  let text = '';
  for (const name of Object.keys(fields).sort()) {
    const value = (fields as Record<string, unknown>)[name];
    if (value !== undefined) text += `${text && ','}${canonicalText(name)}:${canonicalText(value)}`;
  }
  return `{${text}}`;
}

export function seal(commit: Commit): SealedCommit {
  const text = canonicalText(commit);
  return { commit, text, hash: hashOf(text) };
}

/** The commit after `end` that gives its space a new epoch and changes nothing. Under its mutation it is found again (I6). */
export const sealRenewal = (
  { seq, hash }: ChainEnd,
  renewal: Omit<Commit, 'seq' | 'events' | 'mutation' | 'prevHash'> & { mutation: MutationId },
): SealedCommit =>
  seal({
    ...renewal,
    seq: seq + 1,
    events: [],
    mutation: { ...renewal.mutation, outcomes: [] },
    prevHash: hash,
  });

/** Reads what a store kept. */
export const unseal = (text: string, hash: string): SealedCommit => ({
  commit: JSON.parse(text) as Commit,
  text,
  hash,
});

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
