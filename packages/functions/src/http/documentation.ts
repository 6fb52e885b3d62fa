import { ERRORS, PROTOCOL_VERSION } from '@mnemon/protocol';
import type { Api } from './api.ts';
import { renderPage } from './docs-page.ts';

/** Where the API describes itself; readable without a token. */
export const DOCUMENT_PATH = '/openapi.json';
export const PAGE_PATH = '/docs';

export type OpenApiDocument = ReturnType<Api['getOpenAPI31Document']>;

/** The OpenAPI 3.1 document of all routes, and a page made of it. Both are made when first asked for. */
export function addDocumentation(api: Api): void {
  let made: OpenApiDocument | undefined;
  const document = () => {
    made ??= describeApi(api);
    return made;
  };
  api.get(DOCUMENT_PATH, (c) => c.json(document()));
  api.get(PAGE_PATH, (c) => c.html(renderPage(document(), ERRORS)));
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
