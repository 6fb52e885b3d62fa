import { data, stageName } from './data.ts';
import { socketApi } from './gateway.ts';
import {
  leaveFailedParcels,
  leaveTraces,
  manageConnections,
  type Permissions,
  takeTickets,
  useConnections,
  writeLog,
} from './permissions.ts';
import { authSecrets } from './secrets.ts';
import { stageSettings } from './stage.ts';
import { connections, failedParcels, tickets } from './storage.ts';

const settings = stageSettings($app.stage);
const { concurrency, logRetention, memory, tracing } = settings;

/** What a function is, beside what all of a stage have. */
export type Declared = Omit<sst.aws.FunctionArgs, 'permissions'> & { permissions: Permissions };

/** A function of the stage. Lambda alone becomes its role, which writes to its own log and to no other. */
export function declareFunction(
  name: string,
  { permissions, transform, ...args }: Declared,
  options?: ConstructorParameters<typeof sst.aws.Function>[2],
) {
  const functionName = `${stageName}-${name}`;
  const reserved = concurrency[name as keyof typeof concurrency];
  const declared: sst.aws.FunctionArgs = {
    runtime: 'nodejs24.x',
    architecture: 'arm64',
    memory,
    logging: { retention: logRetention, format: 'json' },
    // Split, so that a function loads only what it uses: `tests/infra/bundles` builds the same.
    nodejs: { format: 'esm', minify: true, sourcemap: false, splitting: true },
    ...args,
    name: functionName,
    ...(reserved && { concurrency: { reserved } }),
    permissions: [...permissions, writeLog(functionName), ...(tracing ? [leaveTraces] : [])],
    transform: {
      ...transform,
      role: closeRole,
      ...(tracing && { function: { tracingConfig: { mode: 'Active' } } }),
    },
  };
  return new sst.aws.Function(name, declared, options);
}

/** SST lets everybody in the account become the function, which only `sst dev` needs, and that write to every log. */
function closeRole(role: { assumeRolePolicy: unknown; managedPolicyArns?: unknown }): undefined {
  if ($dev) return;
  role.assumeRolePolicy = aws.iam.assumeRolePolicyForPrincipal({ Service: 'lambda.amazonaws.com' });
  role.managedPolicyArns = [];
}

/** What tokens and tickets are checked with. */
const authEnvironment = {
  POWERTOOLS_SERVICE_NAME: stageName,
  AUTH_SECRETS: authSecrets,
  TICKETS_TABLE: tickets.name,
  ...(settings.jwksUrl && { AUTH_JWKS_URL: settings.jwksUrl }),
};

/** `packages/functions/src/settings.ts` says what they mean; a test compares the two. */
const memoryEnvironment = {
  ...authEnvironment,
  CONNECTIONS_TABLE: connections.name,
  MANAGEMENT_ENDPOINT: socketApi.managementEndpoint,
  MONGODB_URL: data.properties.mongoUrl,
  MONGODB_DATABASE: stageName,
  UPSTASH_REDIS_REST_URL: data.properties.upstashUrl,
  UPSTASH_REDIS_REST_TOKEN: data.properties.upstashToken,
  BUS_PREFIX: stageName,
  HTTP_CORS_ORIGINS: settings.corsOrigins.join(','),
  STREAM_MS: String(settings.streamMs),
  CONNECTS_PER_MINUTE: String(settings.connectsPerMinute),
  REQUESTS_PER_MINUTE: String(settings.requestsPerMinute),
  TICKETS_PER_MINUTE: String(settings.ticketsPerMinute),
  WRITES_PER_SECOND: String(settings.writesPerSecond),
  CONNECTIONS_PER_TOKEN: String(settings.connectionsPerToken),
  RATE_LIMITS_WHEN_DOWN: settings.rateLimitsWhenDown,
  HEARTBEAT_MS: String(settings.heartbeatMs),
  STALE_MS: String(settings.staleMs),
  POSTS_EACH: String(settings.postsEach),
  METRICS: 'on',
};

const serving = (handler: string, permissions: Permissions) => ({
  handler: `packages/functions/src/${handler}.handler`,
  environment: memoryEnvironment,
  permissions: [useConnections, manageConnections, ...permissions],
});

/** Later than that, readers have noticed by themselves. */
const FAN_OUT_AGE_SECONDS = 60;

/** Makes the posts of those who have too many, invoked asynchronously. */
export const fanOut = declareFunction('FanOut', {
  ...serving('ws/fan-out', [leaveFailedParcels]),
  timeout: '29 seconds',
  retries: 1,
  transform: {
    eventInvokeConfig: {
      maximumEventAgeInSeconds: FAN_OUT_AGE_SECONDS,
      destinationConfig: { onFailure: { destination: failedParcels.arn } },
    },
  },
});

const handOver = { actions: ['lambda:InvokeFunction'], resources: [fanOut.arn] };

/** What a function is that serves the memory. */
export function memoryFunction(handler: string, permissions: Permissions = []) {
  const { environment, ...rest } = serving(handler, [handOver, ...permissions]);
  return { ...rest, environment: { ...environment, FAN_OUT_FUNCTION: fanOut.name } };
}

/** The authorizer has no credentials for the memory. */
export const authorizerFunction = {
  handler: 'packages/functions/src/ws/authorizer.handler',
  timeout: '5 seconds' as const,
  environment: authEnvironment,
  permissions: [takeTickets],
};
