import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { decodeRecord, encodeRecord, type JournalRecord } from './journal-record.ts';

/**
 * Records in one append-only file. A record that `append` has taken was handed to the operating system: it survives
 * the death of this process, kill -9 included, but not the machine's loss of power.
 */
export interface Journal {
  /** Throws when it could not be written; then nothing of it is in the file. */
  append(record: JournalRecord): void;
  sizeBytes(): number;
  /**
   * Replaces the file by one with `records`, which stand for all that was appended so far, and what is appended while
   * this goes on. A crash in between leaves the old file; so does `close`.
   */
  rewrite(records: readonly JournalRecord[]): Promise<void>;
  close(): void;
}

const CHUNK_BYTES = 1 << 20;
const HEADER = { type: 'journal', format: 1 } satisfies JournalRecord;

/** Opens or makes the file and tells `replay` of each record, in order. */
export function openJournal(path: string, replay: (record: JournalRecord) => void): Journal {
  rmSync(nextPath(path), { force: true });
  let fd = openSync(path, 'a+');
  let sizeBytes: number;
  try {
    sizeBytes = replayFile(fd, path, replay);
    // The record that was being written when the process died: its writer was never told that it is kept.
    ftruncateSync(fd, sizeBytes);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  let closed = false;
  let broken: unknown;
  /** While a rewrite goes on: what it has to carry over. */
  let carried: Buffer[] | undefined;

  const append = (record: JournalRecord): void => {
    if (closed || broken) throw broken ?? new Error('the journal is closed');
    const line = encodeRecord(record);
    try {
      writeWhole(fd, line);
    } catch (error) {
      broken = cutBack(fd, sizeBytes);
      throw error;
    }
    sizeBytes += line.length;
    carried?.push(line);
  };

  /** In one go, so that no record is appended between the last one carried over and the change of files. */
  const changeFiles = (bytes: number): void => {
    const rest = Buffer.concat(carried ?? []);
    let unused = openSync(nextPath(path), 'a+');
    try {
      writeWhole(unused, rest);
      renameSync(nextPath(path), path);
      [fd, unused] = [unused, fd];
      sizeBytes = bytes + rest.length;
    } finally {
      closeSync(unused);
    }
  };

  const rewrite = async (records: readonly JournalRecord[]): Promise<void> => {
    carried = [];
    try {
      const bytes = await writeDurably(nextPath(path), records, () => closed);
      if (bytes === undefined || closed) return;
      changeFiles(bytes);
    } finally {
      carried = undefined;
    }
  };

  const close = (): void => {
    if (closed) return;
    closed = true;
    closeSync(fd);
  };

  if (sizeBytes === 0) append(HEADER);
  return { append, rewrite, close, sizeBytes: () => sizeBytes };
}

const nextPath = (path: string): string => `${path}.next`;

/** Answers where the last whole record ends. */
function replayFile(fd: number, path: string, replay: (record: JournalRecord) => void): number {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let pending: Buffer = Buffer.alloc(0);
  let recordAt = 0;
  for (let readAt = 0, bytes = 0; ; readAt += bytes) {
    bytes = readSync(fd, chunk, 0, CHUNK_BYTES, readAt);
    if (bytes === 0) return recordAt;
    const block = Buffer.concat([pending, chunk.subarray(0, bytes)]);
    let from = 0;
    // A line without its end can only be the last one of the file.
    for (let to = block.indexOf(10); to >= 0; to = block.indexOf(10, from)) {
      const record = decodeRecord(block.subarray(from, to));
      if (!record) throw new Error(`${path} is damaged: no valid record at byte ${recordAt}`);
      if (recordAt === 0) checkHeader(record, path);
      else replay(record);
      recordAt += to + 1 - from;
      from = to + 1;
    }
    pending = block.subarray(from);
  }
}

function checkHeader(record: JournalRecord, path: string): void {
  if (record.type === 'journal' && record.format === HEADER.format) return;
  throw new Error(`${path} was written by another version of this program`);
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}

/** After a failed write. Answers why nothing more may be written, if part of the record had to stay. */
function cutBack(fd: number, sizeBytes: number): unknown {
  try {
    if (fstatSync(fd).size !== sizeBytes) ftruncateSync(fd, sizeBytes);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** A new file with these records, on the disk once it resolves; others get their turn while it is written. */
async function writeDurably(
  path: string,
  records: readonly JournalRecord[],
  isCancelled: () => boolean,
): Promise<number | undefined> {
  const file = await open(path, 'w');
  try {
    let bytes = 0;
    for (const block of blocks(records)) {
      if (isCancelled()) return undefined;
      await file.writeFile(block);
      bytes += block.length;
    }
    await file.sync();
    return bytes;
  } finally {
    await file.close();
  }
}

function* blocks(records: readonly JournalRecord[]): Generator<Buffer> {
  let lines: Buffer[] = [encodeRecord(HEADER)];
  let bytes = 0;
  for (const record of records) {
    const line = encodeRecord(record);
    lines.push(line);
    bytes += line.length;
    if (bytes >= CHUNK_BYTES) {
      yield Buffer.concat(lines);
      lines = [];
      bytes = 0;
    }
  }
  yield Buffer.concat(lines);
}
