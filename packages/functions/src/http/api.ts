import { createRoute, OpenAPIHono, type RouteConfig, type RouteHandler, z } from '@hono/zod-openapi';
import type { Answered, Identity } from '@mnemon/core';
import { ERRORS, issueError } from '@mnemon/protocol';
import type { Context } from 'hono';
import { problem } from './problem.ts';

/** What the middleware leaves for routes: absent only on those that need no token. */
export interface HttpEnv {
  Variables: { identity: Identity };
}

export type Api = OpenAPIHono<HttpEnv>;

export const newApi = (): Api =>
  new OpenAPIHono<HttpEnv>({
    defaultHook: (result, c) => {
      const issue = result.success ? undefined : result.error.issues[0];
      return issue && problem(c, issueError(issue));
    },
  });

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(ERRORS) as (keyof typeof ERRORS)[]),
    retryable: z.boolean(),
    retryAfterMs: z.int().optional(),
    details: z.unknown().optional(),
  })
  .openapi('Problem', { description: 'RFC 9457; `code` is one of a closed set.' });

const PROBLEM = {
  description: 'A problem; its `code` says which.',
  content: { 'application/problem+json': { schema: problemSchema } },
};

/** Adds a route whose request is checked by its schemas, and whose responses they only describe. */
export function addRoute<Config extends RouteConfig>(
  api: Api,
  config: Config,
  handler: (c: Parameters<RouteHandler<Config, HttpEnv>>[0]) => Response | Promise<Response>,
): void {
  const responses = { ...config.responses, default: PROBLEM };
  api.openapi(createRoute({ ...config, responses }), handler as never);
}

/** A JSON request body. */
export const jsonBody = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true,
  content: { 'application/json': { schema } },
});

/** A JSON response, for the OpenAPI document. */
export const jsonOf = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});

/** What a use-case answered, as JSON or as a problem. */
export const respond = <Value>(
  c: Context,
  answered: Answered<Value>,
  encode: (value: Value) => Response = (value) => c.json(value as object),
): Response => (answered.ok ? encode(answered.value) : problem(c, answered.error));
