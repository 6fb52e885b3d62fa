import { stageName } from './data.ts';
import { CONNECTIONS_EACH, MONGO_CONNECTIONS } from './mongo-tier.ts';
import { stageSettings } from './stage.ts';
import { deadLetters, failedParcels } from './storage.ts';
import { httpApiId, socketApiId, watchedFunctions } from './watched.ts';

type AlarmArgs = ConstructorParameters<typeof aws.cloudwatch.MetricAlarm>[1];

const { alarms, alarmEmail, maxConnections, mongoTier } = stageSettings($app.stage);

const SLOW_PROPAGATION_MS = 1_000;

/** Looked at each minute anew: one failure rings at once, until an hour was good. Lambda dates it by its start, up to 15 minutes ago. */
const LAST_HOUR = { period: 3_600, evaluationPeriods: 1 };

if (alarms) declareAlarms();

/** `docs/operations.md` says of each what it means and what to do. */
function declareAlarms(): void {
  const topic = new aws.sns.Topic('Alarms');
  if (alarmEmail) {
    new aws.sns.TopicSubscription('AlarmEmail', {
      topic: topic.arn,
      protocol: 'email',
      endpoint: alarmEmail,
    });
  }
  const alarm = (name: string, args: Omit<AlarmArgs, 'comparisonOperator'>) =>
    new aws.cloudwatch.MetricAlarm(name, {
      comparisonOperator: 'GreaterThanThreshold',
      ...(!args.metricQueries && { period: 60 }), // the queries have their own
      treatMissingData: 'notBreaching', // nothing happened
      alarmActions: [topic.arn],
      okActions: [topic.arn],
      ...args,
    });

  for (const { name, functionName, slowMs, toleratedErrors = 0, isSeldom } of watchedFunctions) {
    const of = { namespace: 'AWS/Lambda', dimensions: { FunctionName: functionName } };
    const running = (minutes: number) => (isSeldom ? LAST_HOUR : { evaluationPeriods: minutes });
    const sum = { ...of, statistic: 'Sum', ...running(3) };
    alarm(`${name}Errors`, { ...sum, metricName: 'Errors', threshold: toleratedErrors });
    alarm(`${name}Throttles`, { ...sum, metricName: 'Throttles', threshold: 0 });
    if (slowMs) {
      const p99 = { ...of, metricName: 'Duration', extendedStatistic: 'p99', ...running(5) };
      alarm(`${name}Slow`, { ...p99, threshold: slowMs });
    }
  }

  const waiting = (queue: aws.sqs.Queue) => ({
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: queue.name },
    statistic: 'Maximum',
    evaluationPeriods: 1,
    threshold: 0,
  });
  alarm('DeadLettersWaiting', waiting(deadLetters));
  alarm('PostsNotMade', waiting(failedParcels));

  const ours = { namespace: 'Mnemon', dimensions: { service: stageName } };
  const each = { ...ours, statistic: 'Sum', evaluationPeriods: 5 };
  alarm('ManyConnections', {
    ...{ ...ours, metricName: 'Connections', statistic: 'Maximum', evaluationPeriods: 5 },
    threshold: 0.8 * maxConnections,
  });
  alarm('SlowPropagation', {
    ...{ ...ours, metricName: 'Propagation', extendedStatistic: 'p99', evaluationPeriods: 5 },
    threshold: SLOW_PROPAGATION_MS,
  });
  alarm('PostsThrottled', { ...each, metricName: 'PostsThrottled', threshold: 100 });
  // Everybody who leaves without a word costs a few; so many are a network that broke, or a gateway.
  alarm('PostsGone', { ...each, metricName: 'PostsGone', threshold: 1_000 });
  alarm('RowsSetAside', { ...each, metricName: 'RowsSetAside', evaluationPeriods: 1, threshold: 0 });
  alarm('BackendsDegraded', { ...each, metricName: 'BackendsDegraded', evaluationPeriods: 3, threshold: 0 });
  alarm('ManyMongoConnections', {
    evaluationPeriods: 3,
    threshold: 0.8 * MONGO_CONNECTIONS[mongoTier],
    metricQueries: mongoConnections(),
  });

  const ofSocket = { namespace: 'AWS/ApiGateway', dimensions: { ApiId: socketApiId, Stage: '$default' } };
  const often = { statistic: 'Sum', evaluationPeriods: 3 };
  alarm('SocketExecutionErrors', { ...ofSocket, ...often, metricName: 'ExecutionError', threshold: 5 });
  alarm('SocketIntegrationErrors', { ...ofSocket, ...often, metricName: 'IntegrationError', threshold: 5 });
  // AWS takes 500 a second, 30,000 a minute.
  alarm('SocketConnectRush', { ...ofSocket, ...often, metricName: 'ConnectCount', threshold: 20_000 });
  alarm('HttpServerErrors', {
    ...often,
    namespace: 'AWS/ApiGateway',
    metricName: '5xx',
    dimensions: { ApiId: httpApiId },
    threshold: 5,
  });
}

/** At most: MongoDB's own count is not CloudWatch's, but every environment that is busy opens a pool and no more. */
function mongoConnections() {
  // Who may hold connections for long: CloudWatch sums ten at most.
  const connecting = watchedFunctions.filter(({ name }) => name !== 'Authorizer' && name !== 'Migrate');
  const busy = connecting.map(({ functionName }, n) => ({
    id: `f${n}`,
    metric: {
      ...{ namespace: 'AWS/Lambda', metricName: 'ConcurrentExecutions', stat: 'Maximum', period: 60 },
      dimensions: { FunctionName: functionName },
    },
  }));
  const sum = busy.map(({ id }) => `FILL(${id}, 0)`).join(' + ');
  const total = {
    id: 'connections',
    expression: `${CONNECTIONS_EACH} * (${sum})`,
    label: 'at most',
    returnData: true,
  };
  return [...busy, total];
}
