import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { LambdaHost } from './lambda/lambda-host.ts';
import { siblingModule } from './thread.ts';

export interface FunctionsOptions {
  /** Of the WebSocket function. */
  maxConcurrency?: number;
  timeoutMs?: number;
}

export type Functions = Awaited<ReturnType<typeof addFunctions>>;

const STREAM_TIMEOUT_MS = 15 * 60_000;

/** Requests that wait for news occupy an environment each. */
const HTTP_CONCURRENCY = 8;

/** As many parcels of posts as are made side by side. */
const FAN_OUT_CONCURRENCY = 2;

/** What the gateway calls, and what makes posts. Resolves when a client can connect. */
export async function addFunctions(host: LambdaHost, env: Record<string, string>, options: FunctionsOptions) {
  const { maxConcurrency = 8, timeoutMs = 29_000 } = options;
  const [authorizer, message, http, stream, fanOut] = await Promise.all([
    host.addFunction({
      ...{ env, name: 'authorizer', entry: entryOf('authorizer', 'ws/authorizer'), timeoutMs: 5_000 },
      ...{ minEnvironments: 1, maxConcurrency: 2 },
    }),
    host.addFunction({
      ...{ env, name: 'message', entry: entryOf('message', 'ws/message'), timeoutMs },
      ...{ minEnvironments: 1, maxConcurrency },
    }),
    // Started when first asked: who only connects does not wait for it.
    host.addFunction({
      ...{ env, name: 'http', entry: entryOf('http', 'http/handler'), timeoutMs },
      maxConcurrency: HTTP_CONCURRENCY,
    }),
    host.addFunction({
      ...{ env, name: 'stream', entry: entryOf('stream', 'http/stream'), timeoutMs: STREAM_TIMEOUT_MS },
      maxConcurrency: HTTP_CONCURRENCY,
    }),
    host.addFunction({
      ...{ env, name: 'fan-out', entry: entryOf('fan-out', 'ws/fan-out'), timeoutMs },
      maxConcurrency: FAN_OUT_CONCURRENCY,
    }),
  ]);
  return { authorizer, message, http, stream, fanOut };
}

/** Handlers are bundled beside this module, as a deployment bundles them; from source they are their packages'. */
export function entryOf(name: string, module: string): URL {
  if (!import.meta.url.endsWith('.ts')) return siblingModule(name, import.meta.url);
  return pathToFileURL(createRequire(import.meta.url).resolve(`@mnemon/functions/${module}`));
}
