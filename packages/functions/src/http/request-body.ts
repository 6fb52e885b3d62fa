import { z } from '@hono/zod-openapi';
import { jsonBody } from './api.ts';
import { type JsonSchema, jsonSchemaOf, relaxed } from './documented.ts';

/** What a caller may leave out, and what it says where it does. */
type Defaults = Readonly<Record<string, string | number>>;

/** A message of the protocol whose `do` the route says; `without` are fields that mean nothing over HTTP. */
export function bodyDoing<Schema extends z.core.$ZodType>(
  schema: Schema,
  what: string,
  { defaults = {}, without = [] }: { defaults?: Defaults; without?: string[] } = {},
) {
  const json: JsonSchema = relaxed(jsonSchemaOf(schema), {
    optional: Object.keys(defaults),
    without: ['do', ...without],
  });
  const known = Object.keys(json.properties ?? {});
  const asAsked = z
    .strictObject(Object.fromEntries(known.map((name) => [name, z.unknown().optional()])))
    .transform((body): unknown => ({ ...defaults, ...body, do: what }));
  return jsonBody(asAsked.pipe(schema as never as z.ZodType<z.infer<Schema>>).openapi(json));
}
