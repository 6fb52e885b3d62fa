import { closeSync, fstatSync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { encodeRecord, type JournalRecord } from './journal-record.ts';
import { HEADER, type Replay, replayFile, replayWhole } from './replay-journal.ts';

/**
 * Records in one append-only file. A record that `append` has taken was handed to the operating system: it survives
 * the death of this process, kill -9 included, but not the machine's loss of power.
 */
export interface Journal {
  /** Throws when it could not be written; then nothing of it is in the file. */
  append(record: JournalRecord): void;
  /** Takes the last record out again, which could not be applied, and replays all others. Throws when it cannot. */
  takeBack(): void;
  sizeBytes(): number;
  /**
   * Replaces the file by one with `records`, which stand for all that was appended so far, and what is appended while
   * this goes on. A crash in between leaves the old file; so does `close`.
   */
  rewrite(records: readonly JournalRecord[]): Promise<void>;
  close(): void;
}

const BLOCK_BYTES = 1 << 20;

/** Opens or makes the file and replays each record, in order; `begin` is asked what with, each time that this begins anew. */
export function openJournal(path: string, begin: () => Replay): Journal {
  rmSync(nextPath(path), { force: true });
  let fd = openSync(path, 'a+');
  let sizeBytes: number;
  try {
    sizeBytes = replayWhole(fd, path, begin);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  let lastBytes = 0;
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
    lastBytes = line.length;
    carried?.push(line);
  };

  const takeBack = (): void => {
    sizeBytes -= lastBytes;
    lastBytes = 0;
    carried?.pop();
    try {
      ftruncateSync(fd, sizeBytes);
      replayFile(fd, path, begin());
    } catch (error) {
      broken = error;
      throw error;
    }
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
  return { append, takeBack, rewrite, close, sizeBytes: () => sizeBytes };
}

const nextPath = (path: string): string => `${path}.next`;

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
    if (bytes >= BLOCK_BYTES) {
      yield Buffer.concat(lines);
      lines = [];
      bytes = 0;
    }
  }
  yield Buffer.concat(lines);
}
