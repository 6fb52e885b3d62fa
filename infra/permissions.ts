import { socketApi } from './gateway.ts';
import { connections, deadLetters, failedParcels, tickets } from './storage.ts';

export type Permissions = { actions: string[]; resources: $util.Input<string>[] }[];

// Named actions on named resources: a link would grant `dynamodb:*`.
export const useConnections = {
  actions: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'].map((each) => `dynamodb:${each}`),
  resources: [connections.arn],
};

/** Post to them, and end them. */
export const manageConnections = {
  actions: ['execute-api:ManageConnections'],
  resources: ['POST', 'DELETE'].map(
    (method) => $interpolate`${socketApi.nodes.api.executionArn}/$default/${method}/@connections/*`,
  ),
};

/** Walk over everybody who is connected. */
export const scanConnections = { actions: ['dynamodb:Scan'], resources: [connections.arn] };

export const addTickets = { actions: ['dynamodb:PutItem'], resources: [tickets.arn] };

/** Which ends them. */
export const takeTickets = { actions: ['dynamodb:DeleteItem'], resources: [tickets.arn] };

/** Find those that have expired, and drop them. */
export const dropTickets = {
  actions: ['dynamodb:Scan', 'dynamodb:BatchWriteItem'],
  resources: [tickets.arn],
};

/** Leave what a schedule failed to deal with. */
export const leaveDeadLetters = { actions: ['sqs:SendMessage'], resources: [deadLetters.arn] };

/** Leave posts that were not made. */
export const leaveFailedParcels = { actions: ['sqs:SendMessage'], resources: [failedParcels.arn] };

const { accountId } = aws.getCallerIdentityOutput();
const { region } = aws.getRegionOutput();

/** Of one function, which the role that AWS offers for it does not name. */
export const writeLog = (functionName: string) => ({
  actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  resources: [$interpolate`arn:aws:logs:${region}:${accountId}:log-group:/aws/lambda/${functionName}:*`],
});

/** X-Ray knows no resources: these two actions add to the account's traces, and read none. */
export const leaveTraces = {
  actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
  resources: ['*'],
};
