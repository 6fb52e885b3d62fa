import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';

/** Each line of the file is one step: a JSON array of `[id, record]` and, for what is removed, `[id]`. */
type Step = readonly (readonly [id: number, text: string | undefined])[];

/** Records in a file that only grows, and now and then is written anew. */
export interface RecordLog {
  /** What there is, each record as JSON. */
  readonly records: ReadonlyMap<number, string>;
  /** Makes the step, wholly or, when it throws, not at all. */
  append(step: Step): void;
  close(): void;
}

/** Throws when a line that was once written whole can't be read. */
export function openRecordLog(path: string, compactAboveBytes: number): RecordLog {
  const records = new Map<number, string>();
  let liveBytes = 0;
  let sizeBytes = 0;
  let compactAt = compactAboveBytes;

  function apply(step: Step): void {
    for (const [id, text] of step) {
      liveBytes += Buffer.byteLength(text ?? '') - Buffer.byteLength(records.get(id) ?? '');
      if (text === undefined) records.delete(id);
      else records.set(id, text);
    }
  }

  for (const line of wholeLines(path)) apply(parsed(line));
  let file = rewrite();

  /** The file as it would be if nothing had ever been removed. Whoever dies here leaves the old one. */
  function rewrite(): number {
    const copy = `${path}.copy`;
    const fresh = openSync(copy, 'w', 0o600);
    try {
      const size = records.size > 0 ? write(fresh, lineOf([...records]), 0) : 0;
      renameSync(copy, path);
      sizeBytes = size;
      return fresh;
    } catch (error) {
      closeSync(fresh);
      rmSync(copy, { force: true });
      throw error;
    }
  }

  function append(step: Step): void {
    try {
      sizeBytes += write(file, lineOf(step), sizeBytes);
    } catch (error) {
      ftruncateSync(file, sizeBytes); // what is torn must not stand before what comes next
      throw error;
    }
    apply(step);
    if (sizeBytes > compactAt && sizeBytes > 2 * liveBytes) compact();
  }

  function compact(): void {
    try {
      const old = file;
      file = rewrite();
      closeSync(old);
      compactAt = compactAboveBytes;
    } catch {
      compactAt = 2 * sizeBytes; // the step itself is saved; a full disk may have room later
    }
  }

  return { records, append, close: () => closeSync(file) };
}

/** What follows the last line break was being written when the process died. */
function wholeLines(path: string): string[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

function parsed(line: string): Step {
  const step = JSON.parse(line) as [number, unknown?][];
  return step.map(([id, record]) => [id, record === undefined ? undefined : JSON.stringify(record)]);
}

const lineOf = (step: Step): string =>
  `[${step.map(([id, text]) => (text === undefined ? `[${id}]` : `[${id},${text}]`)).join(',')}]\n`;

/** Answers the bytes that it wrote, all of them. */
function write(file: number, line: string, at: number): number {
  const bytes = Buffer.from(line);
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(file, bytes, written, bytes.length - written, at + written);
  }
  return written;
}
