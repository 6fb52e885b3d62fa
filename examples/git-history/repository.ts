import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

/** One file that a commit changed. Paths are kept as the bytes that git gives, one byte a character (latin1). */
export interface FileChange {
  path: string;
  /** `undefined`: the commit deleted it. */
  blob: string | undefined;
}

export interface HistoryCommit {
  id: string;
  author: string;
  authorTimeS: number;
  changes: FileChange[];
}

/** The commit that is checked out. */
export const readHead = async (repository: string): Promise<string> =>
  (await git(repository, ['rev-parse', 'HEAD'])).trim();

/** The first-parent history of `head`, oldest first. */
export async function readHistory(repository: string, head: string): Promise<HistoryCommit[]> {
  // No file name can begin with what nobody knew before.
  const marker = randomUUID();
  const which = ['--first-parent', '--diff-merges=first-parent', '--reverse', '--root'];
  const what = ['--raw', '--no-renames', '--no-abbrev', '-z', `--format=${marker} %H %at %ae`];
  const fields = (await git(repository, ['log', ...which, ...what, head])).split('\0').values();
  const commits: HistoryCommit[] = [];
  for (const field of fields) {
    const text = field.trimStart();
    if (text.startsWith(marker)) {
      const [, id = '', time = '', author = ''] = text.split(' ');
      commits.push({ id, author, authorTimeS: Number(time), changes: [] });
    } else if (text.startsWith(':')) {
      const [, , , blob = '', status = ''] = text.split(' ');
      const path = fields.next().value ?? '';
      commits.at(-1)?.changes.push({ path, blob: status === 'D' ? undefined : blob });
    }
  }
  return commits;
}

/** Path -> blob of everything in the tree of `head`. */
export async function readTree(repository: string, head: string): Promise<Map<string, string>> {
  const output = await git(repository, ['ls-tree', '-r', '-z', head]);
  const rows = output.split('\0').filter((row) => row !== '');
  return new Map(
    rows.map((row) => {
      const [facts = '', path = ''] = split(row, '\t');
      return [path, facts.split(' ')[2] ?? ''];
    }),
  );
}

/** Blob -> size in bytes; a submodule's commit is not there and has none. */
export async function readSizes(repository: string, blobs: Iterable<string>): Promise<Map<string, number>> {
  const output = await git(repository, ['cat-file', '--batch-check'], [...blobs].join('\n'));
  const rows = output.split('\n').map((row) => row.split(' '));
  return new Map(rows.flatMap(([blob = '', type, size]) => (type === 'blob' ? [[blob, Number(size)]] : [])));
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}

async function git(repository: string, args: string[], input = ''): Promise<string> {
  const child = spawn('git', ['-C', repository, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  let problem = '';
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    problem += chunk.toString();
  });
  child.stdin.on('error', () => {}); // git may end before it has read all; its exit code says so
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`git ${args[0]} failed in ${repository}: ${problem.trim()}`);
  return Buffer.concat(chunks).toString('latin1');
}
