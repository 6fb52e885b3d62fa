import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { browserBundle } from './browser/browser-bundle.ts';

/** Of everything that `@mnemon/client` exports, minified and gzipped. Its other entries, like IndexedDB, come on top where used. */
const BUDGET_BYTES = 35_000;

test('the client weighs little in browsers', async () => {
  const { script, bytesOf } = await browserBundle(
    new URL('../../packages/client/src/index.ts', import.meta.url),
  );
  const bytes = gzipSync(script, { level: 9 }).length;
  console.log(`The client in browsers: ${(bytes / 1000).toFixed(1)} KB min+gzip, of ${BUDGET_BYTES / 1000}`);
  const heaviest = [...bytesOf].sort(([, a], [, b]) => b - a).slice(0, 10);
  const report = heaviest.map(([path, each]) => `${path}: ${each} before gzip`).join('\n');
  expect(bytes, report).toBeLessThan(BUDGET_BYTES);
  expect([...bytesOf.keys()].filter((path) => path.includes('/zod/'))).toEqual([]);
});
