import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const spec = readFileSync(`${root}SPEC.md`, 'utf8');
const promised = new Set(spec.match(/^\*\*I\d+\*\*/gm)?.map((mark) => mark.replaceAll('*', '')));

describe('SPEC.md', () => {
  const citations = [...spec.matchAll(/^- `(.+)` › (.+)$/gm)].map(([, path = '', title = '']) => ({
    path,
    title,
  }));

  test.each(citations)('names a test that is there: $title', ({ path, title }) => {
    expect(readFileSync(root + path, 'utf8')).toContain(title);
  });

  test('names one for every promise', () => {
    const sections = spec.split(/^(?=\*\*I\d+\*\*)/m).slice(1);
    expect(sections.filter((section) => !/^- `/m.test(section))).toEqual([]);
    expect(promised.size).toBe(10);
  });

  test('holds every promise that code and tests cite', () => {
    const files = execFileSync('git', ['ls-files', 'packages', 'tests', 'examples'], {
      cwd: root,
      encoding: 'utf8',
    });
    const sources = files.split('\n').filter((path) => path.endsWith('.ts'));
    const cited = sources.flatMap((path) => readFileSync(root + path, 'utf8').match(/\bI\d{1,2}\b/g) ?? []);
    expect([...new Set(cited)].filter((each) => !promised.has(each))).toEqual([]);
  });
});
