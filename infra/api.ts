import { authorizerFunction, memoryFunction } from './functions.ts';
import { httpApi, socketApi } from './gateway.ts';
import { declareMigrated } from './migration.ts';
import { addTickets } from './permissions.ts';
import { stageSettings } from './stage.ts';

const { streamMs } = stageSettings($app.stage);

/** As long as API Gateway waits. */
const GATEWAY_TIMEOUT = '29 seconds';

/** Beyond the stream's end, for what is under way. */
const STREAM_TIMEOUT = `${streamMs / 1000 + 30} seconds` as const;

/** All three routes of the WebSocket API. */
export const message = declareMigrated('Message', {
  ...memoryFunction('ws/message'),
  timeout: GATEWAY_TIMEOUT,
});

export const authorizer = declareMigrated('Authorizer', authorizerFunction);

// Each source that is named has to be there, and programs, browsers and tickets send different ones.
const byToken = socketApi.addAuthorizer('Token', {
  lambda: { function: authorizer.arn, identitySources: [] },
});

socketApi.route('$connect', message.arn, { auth: { lambda: byToken.id } });
socketApi.route('$disconnect', message.arn);
socketApi.route('$default', message.arn);

/** All routes of the HTTP API. */
export const http = declareMigrated('Api', {
  ...memoryFunction('http/handler', [addTickets]),
  timeout: GATEWAY_TIMEOUT,
});
httpApi.route('$default', http.arn);

/** The change feed as server-sent events, which the HTTP API can't do. The function checks the token. */
export const stream = declareMigrated('Stream', {
  ...memoryFunction('http/stream'),
  timeout: STREAM_TIMEOUT,
  streaming: true,
  url: { authorization: 'none', cors: false },
});

/** What a deployment prints. */
export const endpoints = { socket: socketApi.url, http: httpApi.url, stream: stream.url };
