import type { Answered } from '@mnemon/core';
import { issueError, type Op, opSchema } from '@mnemon/protocol';
import { jsonSchemaOf, relaxed } from './documented.ts';

/** What a writer over HTTP may leave out: it then has seen nothing of the key, and writes now. */
const OPTIONAL = ['seen', 'hlc'];

const json = jsonSchemaOf(opSchema);

/** An operation of a batch over HTTP. */
export const httpOpJson = relaxed(json, { optional: OPTIONAL });

/** What the body of a PUT says of its operation; key and expected version are in query and headers. */
export const putBodyJson = relaxed(
  json.oneOf?.find(({ properties }) => properties?.op?.const === 'put') ?? {},
  { optional: OPTIONAL, without: ['op', 'key', 'expectedVersion'] },
);

/** Completes and checks an operation. */
export function readOp(fields: object, nowMs: number, path: readonly PropertyKey[] = []): Answered<Op> {
  const parsed = opSchema.safeParse({ seen: {}, hlc: { wallMs: nowMs, counter: 0 }, ...fields });
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  return {
    ok: false,
    error: issueError({ ...issue, path: [...path, ...(issue?.path ?? [])] } as typeof issue & object),
  };
}
