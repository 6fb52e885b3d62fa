import { z } from '@hono/zod-openapi';

/** JSON Schema, as far as it is looked into here. */
export interface JsonSchema {
  [keyword: string]: unknown;
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
}

/** The JSON Schema of what `schema` takes. What only code can check says so in prose, if at all. */
export function jsonSchemaOf(schema: z.core.$ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' });
  return json as JsonSchema;
}

/**
 * A schema of the protocol as routes and the OpenAPI document take it: checked by itself, described by `json`. With a
 * name it becomes a component of the document.
 */
export function documented<Schema extends z.core.$ZodType>(
  schema: Schema,
  name?: string,
  json: JsonSchema = jsonSchemaOf(schema),
) {
  const piped = z.any().pipe(schema);
  return name === undefined ? piped.openapi(json) : piped.openapi(name, json);
}

/** The same without what callers may leave out, or may not say. */
export function relaxed(json: JsonSchema, changes: { optional?: string[]; without?: string[] }): JsonSchema {
  const { optional = [], without = [] } = changes;
  if (json.oneOf) return { ...json, oneOf: json.oneOf.map((option) => relaxed(option, changes)) };
  const kept = ([name]: [string, unknown]) => !without.includes(name);
  return {
    ...json,
    properties: Object.fromEntries(Object.entries(json.properties ?? {}).filter(kept)),
    required: (json.required ?? []).filter((name) => ![...optional, ...without].includes(name)),
  };
}
