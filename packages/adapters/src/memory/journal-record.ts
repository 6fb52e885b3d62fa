import { crc32 } from 'node:zlib';
import type { Checkpoint, ChunkId, MutationId, Node, Resolution } from '@mnemon/core';
import type { InstanceId, Policy, Retention, SpaceId } from '@mnemon/protocol';
import type { KeptLock } from './kept-locks.ts';
import type { KeptTask } from './kept-tasks.ts';

/** A commit as it is kept: its text, and what it is found by. */
export interface KeptCommit extends MutationId {
  seq: number;
  /** What it changed, each key once. */
  keys: readonly string[];
  hash: string;
  text: string;
}

/** An entry as it is kept: the canonical text, so that no later change of the caller's object reaches it. */
export interface KeptEntry {
  key: string;
  seq: number;
  deleted: boolean;
  /** When it has to go: at the end of its lifetime, or, deleted already, when nobody can know of it any more. */
  dueAtMs?: number;
  text: string;
}

export interface KeptBatch extends MutationId {
  arrivedAtMs: number;
  text: string;
}

export interface KeptChunk extends ChunkId {
  text: string;
}

export interface KeptManifest {
  seq: number;
  text: string;
}

/** A large value as it is kept. */
export interface KeptText {
  key: string;
  hash: string;
  storedAtMs: number;
  text: string;
}

/** About what a row takes in the journal besides its text, and a record besides its rows. */
export const ROW_BYTES = 80;
export const RECORD_BYTES = 120;

/** A conflict's record as it was made; whether it has been closed since, later steps say. */
export interface KeptConflict {
  id: string;
  text: string;
}

export interface Closing {
  key: string;
  resolvedBy: Resolution;
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
      conflicts?: readonly KeptConflict[];
      closings?: readonly Closing[];
      newEpoch?: string;
    })
  | (InPartition & { type: 'floor'; seq: number })
  | (InPartition & { type: 'drop-commits'; throughSeq: number })
  | (InPartition & { type: 'forget'; tombstones: readonly { key: string; seq: number }[] })
  | (InPartition & { type: 'put'; batch: KeptBatch })
  | (InPartition & { type: 'chunk'; chunk: KeptChunk })
  | (InPartition & { type: 'drop-chunks'; attempt: string; numbers: readonly number[] })
  | (InPartition & { type: 'manifest'; manifest: KeptManifest })
  | (InPartition & { type: 'drop-manifest'; seq: number })
  | (InPartition & { type: 'value'; value: KeptText })
  | (InPartition & { type: 'renew-value'; name: string; atMs: number })
  | (InPartition & { type: 'drop-value'; name: string })
  | { type: 'retention'; space: SpaceId; retention: Retention }
  | { type: 'checkpoint'; checkpoint: Checkpoint }
  | { type: 'reserve'; space: SpaceId; importId: string }
  | { type: 'clear'; space: SpaceId }
  | { type: 'release'; space: SpaceId }
  | (InPartition & { type: 'remove'; mutations: readonly MutationId[] })
  | { type: 'forget-conflicts'; space: SpaceId; ids: readonly string[] }
  | { type: 'policies'; space: SpaceId; policies: readonly Policy[] }
  | { type: 'lock'; space: SpaceId; lock: KeptLock }
  | { type: 'drop-locks'; space: SpaceId; names: readonly string[] }
  | { type: 'lock-token'; space: SpaceId; token: number }
  | { type: 'task'; space: SpaceId; kept: KeptTask }
  | { type: 'drop-tasks'; space: SpaceId; ids: readonly string[] }
  | { type: 'task-index'; space: SpaceId; index: number }
  | { type: 'node'; node: Node }
  | { type: 'forget-instance'; space: SpaceId; instanceId: InstanceId };

const HEAD_LENGTH_AT = 10;
const HEAD_AT = 20;
const END = ']'.charCodeAt(0);

/**
 * A line of JSON: `["<CRC-32 of what follows><length of the head>",<head>,<text>,<text> …]`, both numbers in 8
 * hexadecimal digits. The head is the record with the length of each text in its place; the texts are JSON already, so
 * they are neither escaped nor, on replay, parsed. Canonical text escapes line breaks: one line is one record.
 */
export function encodeRecord(record: JournalRecord): Buffer {
  const rows = rowsWithText(record);
  const head = rows.length === 0 ? JSON.stringify(record) : JSON.stringify(withoutTexts(record));
  let texts = '';
  for (const { text } of rows) {
    if (text.includes('\n')) throw new TypeError('only canonical text is kept');
    texts += `,${text}`;
  }
  const summed = `${hex(Buffer.byteLength(head))}",${head}${texts}`;
  return Buffer.from(`["${hex(crc32(summed))}${summed}]\n`);
}

/** `undefined` when the line is not, byte for byte, one that `encodeRecord` made; so it needs no other check. */
export function decodeRecord(line: Buffer): JournalRecord | undefined {
  if (line.length < HEAD_AT || line.at(-1) !== END) return undefined;
  const sum = hex(crc32(line.subarray(HEAD_LENGTH_AT, -1)));
  if (line.toString('latin1', 0, HEAD_LENGTH_AT) !== `["${sum}`) return undefined;
  const headEnd = HEAD_AT + Number.parseInt(line.toString('latin1', HEAD_LENGTH_AT, HEAD_AT - 2), 16);
  const record = JSON.parse(line.toString('utf8', HEAD_AT, headEnd)) as JournalRecord;
  let at = headEnd + 1;
  for (const row of rowsWithText(record)) {
    const bytes = Number(row.text);
    row.text = line.toString('utf8', at, at + bytes);
    at += bytes + 1;
  }
  return record;
}

function rowsWithText(record: JournalRecord): readonly { text: string }[] {
  switch (record.type) {
    case 'append':
      return [...record.commits, ...record.entries, ...(record.conflicts ?? [])];
    case 'put':
      return [record.batch];
    case 'chunk':
      return [record.chunk];
    case 'manifest':
      return [record.manifest];
    case 'value':
      return [record.value];
    default:
      return [];
  }
}

function withoutTexts(record: JournalRecord): object {
  switch (record.type) {
    case 'append':
      return {
        ...record,
        commits: record.commits.map(withoutText),
        entries: record.entries.map(withoutText),
        ...(record.conflicts && { conflicts: record.conflicts.map(withoutText) }),
      };
    case 'put':
      return { ...record, batch: withoutText(record.batch) };
    case 'chunk':
      return { ...record, chunk: withoutText(record.chunk) };
    case 'manifest':
      return { ...record, manifest: withoutText(record.manifest) };
    case 'value':
      return { ...record, value: withoutText(record.value) };
    default:
      return record;
  }
}

const withoutText = (row: { text: string }): object => ({ ...row, text: Buffer.byteLength(row.text) });

const hex = (number: number): string => number.toString(16).padStart(8, '0');
