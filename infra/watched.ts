import { authorizer, http, message, stream } from './api.ts';
import { fanOut } from './functions.ts';
import { httpApi, socketApi } from './gateway.ts';
import { migrateFunction } from './migration.ts';
import { scheduled } from './schedules.ts';

interface Watched {
  name: string;
  functionName: $util.Output<string>;
  slowMs?: number;
  /** A minute. */
  toleratedErrors?: number;
  /** Whether it is called once an hour or less: one failure is all that there is to see. */
  isSeldom?: boolean;
}

/** Every function, for alarms and dashboard; `slowMs` is what their p99 should stay under. */
export const watchedFunctions: Watched[] = [
  { name: 'Message', functionName: message.name, slowMs: 2_000 },
  { name: 'FanOut', functionName: fanOut.name, slowMs: 5_000 },
  // Who is refused counts as an error there: a client that comes with an old token is none.
  { name: 'Authorizer', functionName: authorizer.name, slowMs: 1_000, toleratedErrors: 100 },
  { name: 'Api', functionName: http.name, slowMs: 27_000 }, // long polls wait for 25 s
  { name: 'Stream', functionName: stream.name },
  { name: 'Migrate', functionName: migrateFunction.name, isSeldom: true },
  ...scheduled, // each says how slow is too slow
];

export const socketApiId = socketApi.nodes.api.id;
export const httpApiId = httpApi.nodes.api.id;
