import type { HttpApp } from '../compose.ts';
import { newAccessibleApi } from './accessible-api.ts';
import type { Api } from './api.ts';
import { createStreamApi } from './create-stream-api.ts';
import { addDocumentation, DOCUMENT_PATH, PAGE_PATH } from './documentation.ts';
import { addAdministration } from './resources/administration.ts';
import { addConflicts } from './resources/conflicts.ts';
import { addEntries } from './resources/entries.ts';
import { addEvents } from './resources/events.ts';
import { addFind } from './resources/find.ts';
import { addHealth } from './resources/health.ts';
import { addLocks } from './resources/locks.ts';
import { addPast } from './resources/past.ts';
import { addRepair } from './resources/repair.ts';
import { addSpace } from './resources/space.ts';
import { addTasks } from './resources/tasks.ts';
import { addTickets } from './resources/tickets.ts';
import { addValues } from './resources/values.ts';

/** One file per resource; each adds its routes. */
const RESOURCES = [
  addHealth,
  addEntries,
  addValues,
  addFind,
  addEvents,
  addPast,
  addConflicts,
  addSpace,
  addAdministration,
  addRepair,
  addLocks,
  addTasks,
  addTickets,
];

/** Everything else needs a token. */
const OPEN = new Set(['/health', DOCUMENT_PATH, PAGE_PATH]);

/** The HTTP API over the same use-cases as the WebSocket: routes parse, find who asks, call one and encode its answer. */
export function createApi(app: HttpApp): Api {
  const api = newAccessibleApi(app, OPEN);
  for (const add of RESOURCES) add(api, app);
  addDocumentation(api, createStreamApi(app));
  return api;
}
