import { data, stageName } from './data.ts';
import { socketApi } from './gateway.ts';
import { authSecrets } from './secrets.ts';
import { stageSettings } from './stage.ts';
import { connections, deadLetters, tickets } from './storage.ts';

const settings = stageSettings($app.stage);

/** SST lets everybody in the account become the function; only `sst dev` needs that. */
function trustLambdaAlone(role: { assumeRolePolicy: unknown }): undefined {
  if ($dev) return;
  role.assumeRolePolicy = aws.iam.assumeRolePolicyForPrincipal({ Service: 'lambda.amazonaws.com' });
}

/** What every function has in common. */
const runtime = {
  runtime: 'nodejs24.x',
  architecture: 'arm64',
  memory: settings.memory,
  logging: { retention: settings.logRetention, format: 'json' },
  // Split, so that a function loads only what it uses: `tests/infra/bundles` builds the same.
  nodejs: { format: 'esm', minify: true, sourcemap: false, splitting: true },
  transform: { role: trustLambdaAlone },
} as const;

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

// Named actions on named resources: a link would grant `dynamodb:*`.
const useConnections = {
  actions: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'].map((each) => `dynamodb:${each}`),
  resources: [connections.arn],
};
/** Post to them, and end them. */
const manageConnections = {
  actions: ['execute-api:ManageConnections'],
  resources: ['POST', 'DELETE'].map(
    (method) => $interpolate`${socketApi.nodes.api.executionArn}/$default/${method}/@connections/*`,
  ),
};

/** May walk over everybody who is connected. */
export const scanConnections = { actions: ['dynamodb:Scan'], resources: [connections.arn] };

/** May add tickets. */
export const addTickets = { actions: ['dynamodb:PutItem'], resources: [tickets.arn] };

/** May find those that have expired, and drop them. */
export const dropTickets = {
  actions: ['dynamodb:Scan', 'dynamodb:BatchWriteItem'],
  resources: [tickets.arn],
};

/** May leave what it failed to deal with. */
export const leaveDeadLetters = { actions: ['sqs:SendMessage'], resources: [deadLetters.arn] };

type Permissions = { actions: string[]; resources: $util.Input<string>[] }[];

const servingFunction = (handler: string, permissions: Permissions) => ({
  ...runtime,
  handler: `packages/functions/src/${handler}.handler`,
  environment: memoryEnvironment,
  permissions: [useConnections, manageConnections, ...permissions],
});

/** Later than that, readers have noticed by themselves. */
const FAN_OUT_AGE_SECONDS = 60;
const fanning = servingFunction('ws/fan-out', [leaveDeadLetters]);

/** Makes the posts of those who have too many, invoked asynchronously. */
export const fanOut = new sst.aws.Function('FanOut', {
  ...fanning,
  timeout: '29 seconds',
  retries: 1,
  transform: {
    ...fanning.transform,
    eventInvokeConfig: {
      maximumEventAgeInSeconds: FAN_OUT_AGE_SECONDS,
      destinationConfig: { onFailure: { destination: deadLetters.arn } },
    },
  },
});

/** A function that serves the memory. */
export function memoryFunction(handler: string, extra: { permissions?: Permissions } = {}) {
  const handOver = { actions: ['lambda:InvokeFunction'], resources: [fanOut.arn] };
  const serving = servingFunction(handler, [handOver, ...(extra.permissions ?? [])]);
  return { ...serving, environment: { ...serving.environment, FAN_OUT_FUNCTION: fanOut.name } };
}

/** The authorizer has no credentials for the memory. It takes tickets, which ends them. */
export const authorizerFunction = {
  ...runtime,
  handler: 'packages/functions/src/ws/authorizer.handler',
  timeout: '5 seconds' as const,
  environment: authEnvironment,
  permissions: [{ actions: ['dynamodb:DeleteItem'], resources: [tickets.arn] }],
};
