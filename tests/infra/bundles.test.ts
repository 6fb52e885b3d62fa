import { expect, test } from 'vitest';
import { bundleFunction, gzippedBytes, HANDLERS, packagesAtStart } from './bundles/function-bundle.ts';

/** 600 KB, as Lambda counts them. */
const MAX_GZIPPED_BYTES = 600 * 1024;

const OBSERVING = ['commons', 'logger', 'metrics'].map((name) => `@aws-lambda-powertools/${name}`);
const EVERYWHERE = [...OBSERVING, '@aws/lambda-invoke-store', 'jose', 'rfc6902', 'zod'];
const HTTP = ['@asteasolutions/zod-to-openapi', '@hono/zod-openapi', '@hono/zod-validator', 'hono'];

test.each(HANDLERS)(
  '%s, bundled, is small, and evaluates no adapter before it is chosen',
  async (handler) => {
    const bundle = await bundleFunction(handler, 'out');
    const bytes = gzippedBytes(bundle);
    expect(bytes).toBeLessThan(MAX_GZIPPED_BYTES);
    expect(bytes, 'all of it is there').toBeGreaterThan(100_000);
    const expected = handler.startsWith('http/') ? [...HTTP, ...EVERYWHERE] : EVERYWHERE;
    expect(packagesAtStart(bundle)).toEqual(expected.sort());
  },
);
