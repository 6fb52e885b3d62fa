import { stageSettings } from './stage.ts';
import { deadLetters } from './storage.ts';
import { httpApiId, socketApiId, watchedFunctions } from './watched.ts';

type AlarmArgs = ConstructorParameters<typeof aws.cloudwatch.MetricAlarm>[1];

const { alarms, alarmEmail } = stageSettings($app.stage);

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
      period: 60,
      treatMissingData: 'notBreaching', // nothing happened
      alarmActions: [topic.arn],
      okActions: [topic.arn],
      ...args,
    });

  for (const { name, functionName, slowMs } of watchedFunctions) {
    const of = { namespace: 'AWS/Lambda', dimensions: { FunctionName: functionName } };
    const sum = { ...of, statistic: 'Sum', evaluationPeriods: 3 };
    alarm(`${name}Errors`, { ...sum, metricName: 'Errors', threshold: 0 });
    alarm(`${name}Throttles`, { ...sum, metricName: 'Throttles', threshold: 0 });
    if (slowMs) {
      const p99 = { ...of, metricName: 'Duration', extendedStatistic: 'p99', evaluationPeriods: 5 };
      alarm(`${name}Slow`, { ...p99, threshold: slowMs });
    }
  }

  alarm('DeadLettersWaiting', {
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: deadLetters.name },
    statistic: 'Maximum',
    evaluationPeriods: 1,
    threshold: 0,
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
