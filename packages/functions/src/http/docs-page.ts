import type { ERRORS } from '@mnemon/protocol';
import { html, raw } from 'hono/html';
import type { OpenApiDocument } from './documentation.ts';

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c22; }
  h2 { margin: 2rem 0 0.5rem; font-size: 1.1rem; } code, pre { font: 14px/1.45 ui-monospace, monospace; }
  h2 b { display: inline-block; min-width: 4.5rem; color: #5b21b6; }
  table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: 0.25rem 0.75rem 0.25rem 0; vertical-align: top; }
  pre { background: #f4f4f7; padding: 0.75rem; overflow-x: auto; } details { margin: 0.25rem 0; }
  @media (prefers-color-scheme: dark) { body { background: #17171c; color: #e6e6ea; } pre { background: #222229; } h2 b { color: #c4b5fd; } }
`;

interface Operation {
  summary?: string;
  security?: unknown[];
  parameters?: {
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema?: { description?: string };
  }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}

/** The document as a page that needs nothing from anywhere else. */
export function renderPage(document: OpenApiDocument, errors: typeof ERRORS) {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Operation>).map(([method, operation]) => ({
      path,
      method,
      operation,
    })),
  );
  const { title, description } = document.info;
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${raw(STYLE)}</style></head>
<body>
<h1>${title}</h1>
<p>${description} The same for programs: <a href="openapi.json">openapi.json</a>.</p>
${operations.map(renderOperation)}
<h2>Problems</h2>
<table>${Object.entries(errors).map(
    ([code, { httpStatus, retryable }]) =>
      html`<tr id="${code}"><td>${httpStatus}</td><td><code>${code}</code></td><td>${retryable ? 'may succeed later' : ''}</td></tr>`,
  )}</table>
<h2>Schemas</h2>
${Object.entries(document.components?.schemas ?? {}).map(([name, schema]) => renderSchema(name, schema))}
</body>
</html>`;
}

function renderOperation({
  path,
  method,
  operation,
}: {
  path: string;
  method: string;
  operation: Operation;
}) {
  const { summary, security, parameters = [], requestBody, responses } = operation;
  return html`
<h2><b>${method.toUpperCase()}</b> <code>${path}</code></h2>
<p>${summary}.${security?.length === 0 ? ' No token.' : ''}</p>
<table>${parameters.map(
    ({ name, in: place, required, schema }) =>
      html`<tr><td><code>${name}</code></td><td>${place}${required ? ', required' : ''}</td><td>${schema?.description ?? ''}</td></tr>`,
  )}</table>
${requestBody ? renderSchema('Body', schemaIn(requestBody)) : ''}
${Object.entries(responses)
  .filter(([status]) => status !== 'default')
  .map(([status, response]) => renderSchema(`${status} ${response.description}`, schemaIn(response)))}`;
}

const schemaIn = ({ content }: { content?: Record<string, { schema: object }> }) =>
  Object.values(content ?? {})[0]?.schema;

const renderSchema = (name: string, schema: object | undefined) =>
  schema === undefined
    ? html`<p>${name}</p>`
    : html`<details><summary>${name}</summary><pre>${JSON.stringify(schema, null, 2)}</pre></details>`;
