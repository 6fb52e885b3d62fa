import { stageName } from './data.ts';
import { stageSettings } from './stage.ts';
import { connections, deadLetters, failedParcels } from './storage.ts';
import { httpApiId, socketApiId, watchedFunctions } from './watched.ts';

type Metric = [namespace: string, name: string, dimension: string, value: $util.Input<string>];

const { region } = stageSettings($app.stage);

const WIDTH = 8;
const HEIGHT = 6;

const ofFunctions = (metric: string): Metric[] =>
  watchedFunctions.map(({ functionName }) => ['AWS/Lambda', metric, 'FunctionName', functionName]);

const ofSocket = (...names: string[]): Metric[] =>
  names.map((name) => ['AWS/ApiGateway', name, 'ApiId', socketApiId]);

const ours = (...names: string[]): Metric[] => names.map((name) => ['Mnemon', name, 'service', stageName]);

const ofConnections = (...names: string[]): Metric[] =>
  names.map((name) => ['AWS/DynamoDB', name, 'TableName', connections.name]);

const waiting = (...queues: aws.sqs.Queue[]): Metric[] =>
  queues.map(({ name }) => ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', name]);

/** As `packages/functions/src/measure-ports.ts` calls them. */
const BACKENDS = ['Mongodb', 'Dynamodb', 'Gateway', 'Redis', 'Lambda'];

/** Title, statistic and metrics of each graph, three in a row. */
const GRAPHS: [title: string, stat: string, metrics: Metric[]][] = [
  ['Connections opened, messages', 'Sum', ofSocket('ConnectCount', 'MessageCount')],
  ['Gateway errors', 'Sum', ofSocket('ClientError', 'IntegrationError', 'ExecutionError')],
  ['Gateway to answer, p99', 'p99', ofSocket('IntegrationLatency')],
  ['Connected', 'Maximum', ours('Connections')],
  ['Commit to posts, p99', 'p99', ours('Propagation')],
  ['Posts throttled, gone', 'Sum', ours('PostsThrottled', 'PostsGone')],
  ['Backends, p99', 'p99', ours(...BACKENDS.map((backend) => `${backend}Latency`))],
  ['Backends, failures', 'Sum', ours(...BACKENDS.map((backend) => `${backend}Errors`))],
  ['Rows set aside', 'Sum', ours('RowsSetAside')],
  ['Backends that do not answer', 'Maximum', ours('BackendsDegraded')],
  ['Invocations', 'Sum', ofFunctions('Invocations')],
  ['Errors', 'Sum', ofFunctions('Errors')],
  ['Duration, p99', 'p99', ofFunctions('Duration')],
  ['At once', 'Maximum', ofFunctions('ConcurrentExecutions')],
  ['Throttles', 'Sum', ofFunctions('Throttles')],
  [
    'HTTP requests',
    'Sum',
    ['Count', '4xx', '5xx'].map((name) => ['AWS/ApiGateway', name, 'ApiId', httpApiId]),
  ],
  [
    'Connections table, units',
    'Sum',
    ofConnections('ConsumedReadCapacityUnits', 'ConsumedWriteCapacityUnits'),
  ],
  ['Connections table, throttled', 'Sum', ofConnections('ReadThrottleEvents', 'WriteThrottleEvents')],
  ['Dead letters', 'Maximum', waiting(deadLetters, failedParcels)],
];

new aws.cloudwatch.Dashboard('Dashboard', {
  dashboardName: `${$app.name}-${$app.stage}`,
  dashboardBody: $jsonStringify({
    widgets: GRAPHS.map(([title, stat, metrics], index) => ({
      type: 'metric',
      x: (index % 3) * WIDTH,
      y: Math.floor(index / 3) * HEIGHT,
      width: WIDTH,
      height: HEIGHT,
      properties: { title, stat, metrics, region, period: 60, view: 'timeSeries' },
    })),
  }),
});
