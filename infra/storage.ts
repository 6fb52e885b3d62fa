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

/** Events that a function failed to deal with, for somebody to look at. */
export const deadLetters = new aws.sqs.Queue('DeadLetters', {
  messageRetentionSeconds: 14 * 24 * 60 * 60,
  sqsManagedSseEnabled: true,
});
