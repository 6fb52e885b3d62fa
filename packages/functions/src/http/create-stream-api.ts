import type { HttpApp } from '../compose.ts';
import { newAccessibleApi } from './accessible-api.ts';
import type { Api } from './api.ts';
import { addCopies } from './resources/copies.ts';
import { addEventStream } from './resources/event-stream.ts';

/**
 * What streams or takes longer than API Gateway waits, behind a function URL: the HTTP API can do neither. The document of
 * that API describes these routes, too.
 */
export function createStreamApi(app: HttpApp): Api {
  const api = newAccessibleApi(app, new Set());
  addEventStream(api, app);
  addCopies(api, app);
  return api;
}
