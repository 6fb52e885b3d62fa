import { stageName } from './data.ts';
import { stageSettings } from './stage.ts';

const { protect } = stageSettings($app.stage);

const common = {
  ttl: 'ttl',
  deletionProtection: protect,
  transform: { table: { pointInTimeRecovery: { enabled: protect } } },
};

/** Who is connected. */
export const connections = new sst.aws.Dynamo('Connections', {
  ...common,
  fields: { space: 'string', instanceId: 'string' },
  primaryIndex: { hashKey: 'space', rangeKey: 'instanceId' },
});

/** Single-use connect tickets. */
export const tickets = new sst.aws.Dynamo('Tickets', {
  ...common,
  fields: { name: 'string' },
  primaryIndex: { hashKey: 'name' },
});

const HOUR_SECONDS = 60 * 60;

/** Runs of schedules that failed, for somebody to look at. They say when and why, and hold no value. */
export const deadLetters = new aws.sqs.Queue('DeadLetters', {
  name: `${stageName}-DeadLetters`,
  messageRetentionSeconds: 14 * 24 * HOUR_SECONDS,
  sqsManagedSseEnabled: true,
});

/** Posts that were not made. They hold values, whose readers have long got them from the log: nobody needs them for long. */
export const failedParcels = new aws.sqs.Queue('FailedParcels', {
  name: `${stageName}-FailedParcels`,
  messageRetentionSeconds: HOUR_SECONDS,
  sqsManagedSseEnabled: true,
});
