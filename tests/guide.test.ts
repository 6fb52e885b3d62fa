import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { settingNames } from '@mnemon/functions/settings';
import { describe, expect, test } from 'vitest';

const at = (path: string) => new URL(`../${path}`, import.meta.url);
const read = (path: string) => readFileSync(at(path), 'utf8');

/** What the first column of the tables below a heading names. */
function tableOf(path: string, heading: string): string[] {
  const section = read(path)
    .split(/^## /m)
    .find((each) => each.startsWith(`${heading}\n`));
  return [...(section ?? '').matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name).sort();
}

describe('the guide for operators', () => {
  test('says of each alarm what it means and what to do', () => {
    // Of the alarms that each function has, the name that all have in common: `…Errors`.
    const declared = [...read('infra/monitoring.ts').matchAll(/\balarm\(\s*['`]([^'`]+)/g)];
    const alarms = declared.map(([, name = '']) => name.replace(/\$\{\w+\}/, '…'));
    expect(alarms.length).toBeGreaterThan(10);
    expect(tableOf('docs/operations.md', 'Alarms')).toEqual(alarms.sort());
  });

  test('says what each setting of the functions is for', () => {
    expect(tableOf('docs/operations/settings.md', 'Settings')).toEqual([...settingNames].sort());
  });

  test('says what each field of a stage is for', () => {
    const [, fields = ''] = /interface StageSettings \{([^}]+)\}/.exec(read('infra/stage.ts')) ?? [];
    const names = [...fields.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(10);
    expect(tableOf('docs/operations/settings.md', 'Stages')).toEqual(names.sort());
  });

  test('leads to files that are there, and to all of its own', () => {
    const pages = [
      'docs/operations.md',
      ...readdirSync(at('docs/operations')).map((name) => `docs/operations/${name}`),
    ];
    const linked = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#]+)/g)].map(([, path = '']) => join(dirname(page), path)),
    );
    expect(linked.filter((path) => !existsSync(at(path)))).toEqual([]);
    expect(pages.slice(1).filter((page) => !linked.includes(page))).toEqual([]);
  });
});
