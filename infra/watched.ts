import { authorizer, http, message, stream } from './api.ts';
import { fanOut } from './functions.ts';
import { httpApi, socketApi } from './gateway.ts';
import { migrateFunction } from './migration.ts';
import { scheduled } from './schedules.ts';

/** Every function, for alarms and dashboard; `slowMs` is what their p99 should stay under. */
export const watchedFunctions = [
  { name: 'Message', functionName: message.name, slowMs: 2_000 },
  { name: 'FanOut', functionName: fanOut.name, slowMs: 5_000 },
  { name: 'Authorizer', functionName: authorizer.name, slowMs: 1_000 },
  { name: 'Api', functionName: http.name, slowMs: 27_000 }, // long polls wait for 25 s
  { name: 'Stream', functionName: stream.name },
  { name: 'Migrate', functionName: migrateFunction.name },
  ...scheduled, // each says how slow is too slow
];

export const socketApiId = socketApi.nodes.api.id;
export const httpApiId = httpApi.nodes.api.id;
