import { createHash } from 'node:crypto';
import type { ChainEnd, Entry } from '@mnemon/protocol';
import { canonicalText, hashOf, type SealedCommit, seal } from '../domain/commit.ts';
import { compareKeys } from '../domain/compare-keys.ts';
import type { ConflictRecord } from '../domain/conflict.ts';
import { type ExportHeader, parseExportLine } from '../domain/export-line.ts';
import { verifyChain } from '../domain/verify-chain.ts';
import type { ValueId } from '../ports/values.ts';

/** What is to be imported is not what an export makes. */
export class BadExport extends Error {
  override readonly name = 'BadExport';
}

/** A part of an exported space, verified as far as what came before it allows. */
export type ExportPart =
  | { header: ExportHeader }
  | { entry: Entry }
  | { commit: SealedCommit }
  | { value: ValueId; text: string }
  | { conflict: ConflictRecord }
  | { end: true };

/**
 * Reads an export line by line, whole lines or not, and verifies all of it: the form of each line and their order, the hash
 * chain from the floor to the head that the header names, their number and their sum. Throws `BadExport`, naming the line;
 * whoever has not seen `end` has not seen a good one.
 */
export async function* readExport(
  pieces: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<ExportPart, void> {
  const sum = createHash('sha256');
  let count = 0;
  let header: ExportHeader | undefined;
  let chain: ChainEnd = { seq: 0, hash: '' };
  let lastKey: string | undefined;
  let hasEnded = false;
  let lastConflict: ConflictRecord | undefined;
  const values = new Set<string>();
  const isTold = ({ key, large }: Pick<Entry, 'key' | 'large'>) =>
    !large || values.has(`${key}/${large.hash}`);
  const bad = (problem: string) => new BadExport(`line ${count + 1}: ${problem}`);

  for await (const text of linesOf(pieces)) {
    if (hasEnded) throw bad('something follows the end');
    const line = parseExportLine(text);
    if (!line) throw bad('this is no line of an exported space');
    if (!header) {
      if (line.type !== 'space') throw bad('an exported space begins with its header');
      if (line.cursor.seq.length !== 1) throw bad('only spaces of one partition can be imported');
      header = line;
      chain = line.floor;
      yield { header };
    } else if (line.type === 'entry') {
      const { entry } = line;
      if (chain !== header.floor) throw bad('an entry after the first commit');
      if (entry.seq > header.floor.seq) throw bad('an entry that is newer than the state it is part of');
      if (lastKey !== undefined && compareKeys(lastKey, entry.key) >= 0) throw bad('entries out of order');
      lastKey = entry.key;
      if (!isTold(entry)) throw bad('a value is missing');
      yield { entry };
    } else if (line.type === 'commit') {
      if (line.commit.space !== header.space || line.commit.partition !== 0) {
        throw bad('a commit of another space');
      }
      const sealed = { ...seal(line.commit), hash: line.hash };
      const check = verifyChain(chain, [sealed]);
      if (!check.intact) throw bad(`commit ${line.commit.seq} does not fit: ${check.problem}`);
      chain = check.end;
      if (!line.commit.events.every(isTold)) throw bad('a value is missing');
      if (lastConflict) throw bad('a commit after the conflicts');
      yield { commit: sealed };
    } else if (line.type === 'value') {
      const { key } = line;
      const value = canonicalText(line.value);
      const hash = hashOf(value);
      values.add(`${key}/${hash}`);
      yield { value: { key, hash }, text: value };
    } else if (line.type === 'conflict') {
      const { conflict } = line;
      if (conflict.space !== header.space) throw bad('a conflict of another space');
      if (conflict.seq > chain.seq || !isLater(conflict, lastConflict)) throw bad('conflicts out of order');
      lastConflict = conflict;
      yield { conflict };
    } else if (line.type === 'end') {
      if (line.lines !== count || line.sha256 !== sum.copy().digest('hex')) throw bad('the sum is another');
      if (chain.seq !== header.cursor.seq[0] || chain.hash !== header.hash) throw bad('commits are missing');
      hasEnded = true;
    } else {
      throw bad('a second header');
    }
    sum.update(`${text}\n`);
    count++;
  }
  if (!hasEnded) throw bad('the end is missing');
  yield { end: true };
}

const isLater = (a: ConflictRecord, b: ConflictRecord | undefined): boolean =>
  !b || a.seq > b.seq || (a.seq === b.seq && a.index > b.index);

/** Lines without their breaks, however the text is cut; empty ones are none. */
async function* linesOf(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string, void> {
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new BadExport('a line has no end');
    for (const line of lines) if (line !== '') yield line;
  }
  if (rest !== '') yield rest;
}

/** Well beyond the largest commit. */
const LONGEST_LINE = 16 * 1024 * 1024;
