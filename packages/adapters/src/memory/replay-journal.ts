import { fstatSync, ftruncateSync, readSync } from 'node:fs';
import { decodeRecord, type JournalRecord } from './journal-record.ts';

/** The first record of each journal. */
export const HEADER = { type: 'journal', format: 1 } satisfies JournalRecord;

const CHUNK_BYTES = 1 << 20;

export type Replay = (record: JournalRecord) => void;

/** The last record is whole and cannot be applied. */
class UnappliedRecord extends Error {
  override readonly name = 'UnappliedRecord';
  readonly at: number;
  constructor(at: number, options: ErrorOptions) {
    super(`the last record, at byte ${at}, cannot be applied`, options);
    this.at = at;
  }
}

/**
 * Answers where the last record ends, and leaves nothing after it. What is cut off was being written, or could not be
 * applied, when the process died: its writer was never told that it is kept.
 */
export function replayWhole(fd: number, path: string, begin: () => Replay): number {
  try {
    const sizeBytes = replayFile(fd, path, begin());
    ftruncateSync(fd, sizeBytes);
    return sizeBytes;
  } catch (error) {
    if (!(error instanceof UnappliedRecord)) throw error;
    ftruncateSync(fd, error.at);
    return replayFile(fd, path, begin());
  }
}

/** Answers where the last whole record ends. */
export function replayFile(fd: number, path: string, replay: Replay): number {
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
      else replayOne(fd, recordAt, to + 1 - from, () => replay(record));
      recordAt += to + 1 - from;
      from = to + 1;
    }
    pending = block.subarray(from);
  }
}

function replayOne(fd: number, at: number, bytes: number, replay: () => void): void {
  try {
    replay();
  } catch (cause) {
    if (at + bytes === fstatSync(fd).size) throw new UnappliedRecord(at, { cause });
    throw cause;
  }
}

function checkHeader(record: JournalRecord, path: string): void {
  if (record.type === 'journal' && record.format === HEADER.format) return;
  throw new Error(`${path} was written by another version of this program`);
}
