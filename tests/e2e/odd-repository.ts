import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { seededRandom } from '@mnemon/testing/seeded-random';

export interface OddRepositoryOptions {
  path: string;
  commits: number;
  authors: number;
  seed: number;
}

/** Names that git allows and that somebody, somewhere, has used. Bytes, one a character. */
const ODD_NAMES = [
  'plain.txt',
  'with space',
  'tab\there',
  'line\nbreak',
  'quote"d',
  'star*',
  '**',
  'per%cent',
  '%2F',
  '$set',
  '__proto__',
  'constructor',
  'dotted.name.a.b',
  '\u0001control',
  'not-utf8-\u00ff\u00fe',
  Buffer.from('emoji-🦉', 'utf8').toString('latin1'),
  Buffer.from('composed-é', 'utf8').toString('latin1'),
  Buffer.from('decomposed-e\u0301', 'utf8').toString('latin1'),
  'n'.repeat(200),
];

/** Makes a repository with odd file names, deep paths, many authors, deletions, renames and merges. */
export async function makeOddRepository({
  path,
  commits,
  authors,
  seed,
}: OddRepositoryOptions): Promise<void> {
  await git(['init', '--quiet', '--initial-branch=main', path]);
  const random = seededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const files: string[] = [];
  const stream: string[] = [];
  const newPath = (i: number): string => {
    const depth = 1 + Math.floor(random() * 12);
    const folders = Array.from({ length: depth - 1 }, () => `d${Math.floor(random() * 4)}`);
    return [...folders, `${i}-${pick(ODD_NAMES)}`].join('/');
  };
  for (let i = 1; i <= commits; i++) {
    const who = Math.floor(random() ** 2 * authors);
    stream.push(
      `commit refs/heads/main`,
      `mark :${i}`,
      `author A <author-${who}@example.org> ${1_600_000_000 + i} +0000`,
    );
    stream.push(`committer C <c@example.org> ${1_600_000_000 + i} +0000`, data(`commit ${i}`));
    if (i > 1) stream.push(`from :${i - 1}`);
    if (i > 10 && i % 17 === 0) stream.push(`merge :${i - 7}`);
    const changes = i % 50 === 0 ? 150 : 1 + Math.floor(random() * 5);
    for (let change = 0; change < changes; change++) {
      const at = Math.floor(random() * files.length);
      if (files.length > 20 && random() < 0.15) stream.push(`D ${quoted(files.splice(at, 1)[0] as string)}`);
      else {
        const file = files.length > 0 && random() < 0.6 ? (files[at] as string) : newPath(i * 1000 + change);
        if (!files.includes(file)) files.push(file);
        stream.push(`M 100644 inline ${quoted(file)}`, data(`${i} ${change} ${random()}`));
      }
    }
  }
  await git(['-C', path, 'fast-import', '--quiet'], `${stream.join('\n')}\n`);
}

const data = (text: string): string => `data ${text.length}\n${text}`;

const quoted = (path: string): string => `"${path.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;

async function git(args: string[], input?: string): Promise<void> {
  const child = spawn('git', args, { stdio: ['pipe', 'ignore', 'pipe'] });
  let problem = '';
  child.stderr.on('data', (chunk: Buffer) => {
    problem += chunk.toString();
  });
  child.stdin.end(Buffer.from(input ?? '', 'latin1'));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`git ${args[0]} failed: ${problem}`);
}
