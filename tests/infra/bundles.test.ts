import { expect, test } from 'vitest';
import { bundleFunction, gzippedBytes, HANDLERS, packagesAtStart } from './bundles/function-bundle.ts';

/** 600 KB, as Lambda counts them. */
const MAX_GZIPPED_BYTES = 600 * 1024;

/** What everybody waits for who connects has nothing of the memory in it, and nothing of zod's languages. */
const MAX_AUTHORIZER_BYTES = 240 * 1024;

const OBSERVING = ['commons', 'logger', 'metrics'].map((name) => `@aws-lambda-powertools/${name}`);
const EVERYWHERE = [...OBSERVING, '@aws/lambda-invoke-store', 'jose', 'rfc6902', 'zod'];
const HTTP = ['@asteasolutions/zod-to-openapi', '@hono/zod-openapi', '@hono/zod-validator', 'hono'];

test.each(HANDLERS)(
  '%s, bundled, is small, and evaluates no adapter before it is chosen',
  async (handler) => {
    const bundle = await bundleFunction(handler, 'out');
    const bytes = gzippedBytes(bundle);
    expect(bytes).toBeLessThan(handler === 'ws/authorizer' ? MAX_AUTHORIZER_BYTES : MAX_GZIPPED_BYTES);
    expect(bytes, 'all of it is there').toBeGreaterThan(100_000);
    const expected = handler.startsWith('http/') ? [...HTTP, ...EVERYWHERE] : EVERYWHERE;
    expect(packagesAtStart(bundle)).toEqual(expected.sort());
  },
);
