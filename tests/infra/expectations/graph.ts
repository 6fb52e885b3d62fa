import type { Graph, Resource } from '../synthesis/synthesize.ts';

/** What has to hold for a stage, by what it says; each throws where it does not. */
export type Expectations = Readonly<Record<string, (graph: Graph, stage: string) => void>>;

export const FUNCTION = 'aws:lambda/function:Function';
export const EVENT_INVOKE_CONFIG = 'aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig';
export const ROLE = 'aws:iam/role:Role';
export const TABLE = 'aws:dynamodb/table:Table';
export const QUEUE = 'aws:sqs/queue:Queue';
export const ALARM = 'aws:cloudwatch/metricAlarm:MetricAlarm';

export const all = ({ resources }: Graph, type: string): Resource[] =>
  resources.filter((each) => each.type === type);

export function one(graph: Graph, type: string, name: string): Resource {
  const found = all(graph, type).filter((each) => each.name === name);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} of ${type} ${name}`);
  return found[0];
}

interface Statement {
  actions: string[];
  resources: string[];
}

/** What a role may do, by the policies of its own. */
export const statementsOf = ({ inputs }: Resource): Statement[] =>
  (inputs.inlinePolicies ?? []).flatMap(({ policy }: { policy: string }) => JSON.parse(policy).Statement);
