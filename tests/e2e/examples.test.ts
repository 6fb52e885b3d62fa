import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runExample } from './run-example.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

/** What each says last when all that it asserts holds. */
const EXAMPLES = {
  'worker-coordination.ts': 'The coordinator knows who works, and who has left.',
  'task-under-lock.ts': 'The task was done once.',
  'agents.ts': 'The agents have planned, written and reviewed.',
  'queue.ts': 'Every order was done once.',
  'custom-resolver.ts': 'No line was lost.',
  'monitoring.ts': 'All is well, and the metrics say so.',
  'batching.ts': 'A hundred writes, one frame.',
  'offline.ts': 'Both have both documents.',
  'migration.ts': 'The old code works, and keeps its promises.',
};
/** They have tests of their own. */
const OTHERS = ['hello.test.ts', 'backup.test.ts', 'git-history.test.ts'];

const list = (path: string) => readdirSync(new URL(path, import.meta.url));

describe('examples, on one cloud', () => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud({});
  });
  afterAll(() => cloud.close());

  test.each(Object.entries(EXAMPLES))(
    '%s succeeds',
    async (name, lastLine) => {
      const token = await cloud.issueToken({ space: cloud.newSpace() });
      const { code, output } = await runExample(name, [cloud.url, token]);
      expect({ code, lastLine: output.trimEnd().split('\n').at(-1) }, output).toEqual({ code: 0, lastLine });
    },
    120_000,
  );
});

test('every example is run by a test, and in the README', () => {
  const examples = list('../../examples').filter((name) => name.endsWith('.ts'));
  const elsewhere = OTHERS.filter((name) => list('.').includes(name)).map((name) =>
    name.replace('.test', ''),
  );
  expect([...Object.keys(EXAMPLES), ...elsewhere].sort()).toEqual(examples.sort());
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  for (const name of examples) expect(readme).toContain(`examples/${name}`);
});
