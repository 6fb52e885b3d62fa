import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { clientFrameSchema } from './client-frame.ts';
import { ERRORS } from './error-code.ts';
import { eventSchema } from './event.ts';
import { LIMITS } from './limits.ts';
import { PROTOCOL_VERSION } from './protocol-version.ts';
import { serverFrameSchema } from './server-frame.ts';

test('a change of the wire comes with a new PROTOCOL_VERSION', () => {
  const schemas = [clientFrameSchema, serverFrameSchema, eventSchema].map((schema) =>
    z.toJSONSchema(schema, { unrepresentable: 'any' }),
  );
  const wire = createHash('sha256')
    .update(JSON.stringify([schemas, LIMITS, ERRORS]))
    .digest('hex')
    .slice(0, 16);
  expect(
    { PROTOCOL_VERSION, wire },
    'the wire changed: raise PROTOCOL_VERSION, then write the new hash here',
  ).toEqual({ PROTOCOL_VERSION: 1, wire: 'd14318a83c13c8ec' });
});
