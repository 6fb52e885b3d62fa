import { crc32 } from 'node:zlib';
import type { MutationId, Node } from '@mnemon/core';
import type { SpaceId } from '@mnemon/protocol';

/** A commit as it is kept: its text, and what it is found by. */
export interface KeptCommit extends MutationId {
  seq: number;
  hash: string;
  text: string;
}

/** An entry as it is kept: the canonical text, so that no later change of the caller's object reaches it. */
export interface KeptEntry {
  key: string;
  seq: number;
  deleted: boolean;
  text: string;
}

export interface KeptBatch extends MutationId {
  arrivedAtMs: number;
  text: string;
}

interface InPartition {
  space: SpaceId;
  partition: number;
}

/** One atomic step of the store: it happened if and only if its record is in the journal, whole. */
export type JournalRecord =
  | { type: 'journal'; format: 1 }
  | { type: 'open'; space: SpaceId; epoch: string }
  | (InPartition & {
      type: 'append';
      commits: readonly KeptCommit[];
      entries: readonly KeptEntry[];
      settled: readonly MutationId[];
    })
  | (InPartition & { type: 'put'; batch: KeptBatch })
  | (InPartition & { type: 'remove'; mutations: readonly MutationId[] })
  | { type: 'node'; node: Node };

const CHECKSUM_AT = 2;
const BODY_AT = 12;

/** A line of JSON: `["<CRC-32 of the record's text>",<record>]`. JSON escapes line breaks, so one line is one record. */
export function encodeRecord(record: JournalRecord): Buffer {
  const body = JSON.stringify(record);
  return Buffer.from(`["${checksum(body)}",${body}]\n`);
}

/** `undefined` when the line is not, byte for byte, one that `encodeRecord` made. */
export function decodeRecord(line: Buffer): JournalRecord | undefined {
  const body = line.subarray(BODY_AT, -1);
  if (line.toString('latin1', CHECKSUM_AT, CHECKSUM_AT + 8) !== checksum(body)) return undefined;
  // The checksum is the schema: a record that passes is one that this code wrote.
  return JSON.parse(body.toString()) as JournalRecord;
}

const checksum = (body: string | Buffer): string => crc32(body).toString(16).padStart(8, '0');
