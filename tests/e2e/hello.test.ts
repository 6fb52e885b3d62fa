import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runExample } from './run-example.ts';
import { startTestCloud } from './test-cloud.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const GOOD = 'The planner has heard of the review.';

test('examples/hello.ts succeeds on a cloud of its own', async () => {
  expect(await runExample('hello.ts', [])).toMatchObject({ code: 0, output: expect.stringContaining(GOOD) });
});

test('examples/hello.ts succeeds on a cloud that runs already, and again', async () => {
  const cloud = await startTestCloud({});
  const args = [cloud.url, await cloud.issueToken()];
  for (let run = 0; run < 2; run++) {
    expect(await runExample('hello.ts', args)).toMatchObject({
      code: 0,
      output: expect.stringContaining(GOOD),
    });
  }
  await cloud.close();
});

test.each([
  ['README.md', /^```ts\n(.+?)^```/ms],
  ['packages/client/src/connect.ts', /@example\n(.+?)\*\//s],
])('what %s shows stands in examples/hello.ts, which is compiled and runs', (path, snippet) => {
  const lines = snippet.exec(read(path))?.[1]?.split('\n') ?? [];
  const code = lines.map((line) => line.replace(/^ \*/, '').trim()).filter((line) => line !== '');
  expect(code.length).toBeGreaterThan(2);
  expect(
    read('examples/hello.ts')
      .split('\n')
      .map((line) => line.trim()),
  ).toEqual(expect.arrayContaining(code));
});
