import { ERRORS, PROTOCOL_VERSION } from '@mnemon/protocol';
import type { Api } from './api.ts';
import { renderPage } from './docs-page.ts';

/** Where the API describes itself; readable without a token. */
export const DOCUMENT_PATH = '/openapi.json';
export const PAGE_PATH = '/docs';

export type OpenApiDocument = ReturnType<Api['getOpenAPI31Document']>;

/** The OpenAPI 3.1 document of all routes, also of those behind the streaming URL, and a page made of it. Both are made when first asked for. */
export function addDocumentation(api: Api, streaming: Api): void {
  let made: OpenApiDocument | undefined;
  const document = () => {
    made ??= withStreaming(describeApi(api), describeApi(streaming));
    return made;
  };
  api.get(DOCUMENT_PATH, (c) => c.json(document()));
  api.get(PAGE_PATH, (c) => c.html(renderPage(document(), ERRORS)));
}

/** Where a stage has them is among its outputs. */
const STREAMING_SERVER = {
  url: '/',
  description: 'The streaming function: a URL of its own, but on one machine.',
};

function withStreaming(document: OpenApiDocument, { paths, components }: OpenApiDocument): OpenApiDocument {
  const elsewhere = Object.entries(paths ?? {}).map(([path, methods]) => {
    const operations = Object.entries(methods as Record<string, object>);
    return [
      path,
      Object.fromEntries(
        operations.map(([method, each]) => [method, { ...each, servers: [STREAMING_SERVER] }]),
      ),
    ];
  });
  return {
    ...document,
    paths: { ...document.paths, ...Object.fromEntries(elsewhere) },
    components: {
      ...document.components,
      schemas: { ...components?.schemas, ...document.components?.schemas },
    },
  };
}

function describeApi(api: Api): OpenApiDocument {
  api.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  });
  return api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Mnemon',
      version: String(PROTOCOL_VERSION),
      description:
        'Shared, live, versioned memory. Tokens name the space; `x-mnemon-instance` names who asks.',
    },
    security: [{ bearer: [] }],
  });
}
