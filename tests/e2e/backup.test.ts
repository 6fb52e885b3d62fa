import { expect, test } from 'vitest';
import { runExample } from './run-example.ts';

test('examples/backup.ts: a memory that was exported comes back elsewhere, whole', {
  timeout: 120_000,
}, async () => {
  const { code, output } = await runExample('backup.ts', []);
  expect(output).toContain('All 19 entries are back, with their history.');
  expect(code).toBe(0);
});
