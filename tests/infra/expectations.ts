import { readdirSync } from 'node:fs';
import { readAuthSettings, readSettings, settingNames } from '@mnemon/functions/settings';
import { expect } from 'vitest';
import { stageSettings } from '../../infra/stage.ts';
import { SCHEDULES } from '../../packages/local/src/cloud-schedules.ts';
import type { Graph, Resource } from './synthesis/synthesize.ts';

type Expectation = (graph: Graph, stage: string) => void;

/** What has to hold for every stage. Each throws where it does not. */
export const EXPECTATIONS = {
  'three routes lead to one function, and only $connect asks the authorizer': (graph) => {
    const routes = all(graph, 'aws:apigatewayv2/route:Route').filter(
      ({ inputs }) => inputs.apiId === 'SocketApi-id',
    );
    expect(
      Object.fromEntries(routes.map(({ inputs }) => [inputs.routeKey, inputs.authorizationType])),
    ).toEqual({
      $connect: 'CUSTOM',
      $disconnect: 'NONE',
      $default: 'NONE',
    });
    for (const { inputs } of routes) {
      const integration = one(
        graph,
        'aws:apigatewayv2/integration:Integration',
        inputs.target.split('/')[1].slice(0, -3),
      );
      expect(integration.inputs.integrationUri).toContain(':MessageFunction/');
    }
    const connect = routes.find(({ inputs }) => inputs.routeKey === '$connect');
    expect(connect?.inputs.authorizerId).toBe('SocketAuthorizerTokenAuthorizer-id');
  },

  'the authorizer names no identity source, each of which would have to be there': (graph) => {
    const { inputs } = one(
      graph,
      'aws:apigatewayv2/authorizer:Authorizer',
      'SocketAuthorizerTokenAuthorizer',
    );
    expect(inputs).toMatchObject({ authorizerType: 'REQUEST', identitySources: [] });
    expect(inputs.authorizerUri).toContain(':AuthorizerFunction/');
  },

  'too many posts are handed to a function that tries twice, soon, and leaves dead letters': (graph) => {
    const { inputs } = one(
      graph,
      'aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig',
      'FanOutEventInvokeConfig',
    );
    expect(inputs).toMatchObject({ maximumRetryAttempts: 1, maximumEventAgeInSeconds: 60 });
    expect(inputs.destinationConfig.onFailure.destination).toMatch(/:DeadLetters$/);
    const { name } = one(graph, FUNCTION, 'FanOutFunction').inputs;
    for (const { functionID } of graph.builds) {
      if (functionID === 'Authorizer' || functionID === 'FanOut') continue;
      const { environment } = one(graph, FUNCTION, `${functionID}Function`).inputs;
      expect(environment.variables.FAN_OUT_FUNCTION).toBe(name);
      const statements = statementsOf(one(graph, 'aws:iam/role:Role', `${functionID}Role`).inputs);
      const invoking = statements.filter(({ actions }) => actions.includes('lambda:InvokeFunction'));
      expect(invoking.map(({ resources }) => resources)).toEqual([
        [expect.stringMatching(/:FanOutFunction$/)],
      ]);
    }
  },

  'the HTTP API leads everything to one function, and answers no preflight itself': (graph) => {
    const routes = all(graph, 'aws:apigatewayv2/route:Route').filter(
      ({ inputs }) => inputs.apiId === 'HttpApi-id',
    );
    expect(routes.map(({ inputs }) => inputs.routeKey)).toEqual(['$default']);
    expect(one(graph, 'aws:apigatewayv2/api:Api', 'HttpApi').inputs.corsConfiguration ?? {}).toEqual({});
  },

  'the change feed streams from a URL, for as long as a stream lasts and longer': (graph, stage) => {
    expect(one(graph, 'aws:lambda/functionUrl:FunctionUrl', 'StreamUrl').inputs.invokeMode).toBe(
      'RESPONSE_STREAM',
    );
    const { inputs } = one(graph, FUNCTION, 'StreamFunction');
    expect(inputs.timeout).toBeGreaterThan(stageSettings(stage).streamMs / 1000);
    expect(inputs.timeout).toBeLessThanOrEqual(900);
  },

  'tables have the keys that the adapters use, and forget by themselves': (graph) => {
    const tables = all(graph, TABLE).map(({ name, inputs }) => [
      name,
      inputs.hashKey,
      inputs.rangeKey,
      inputs.ttl,
    ]);
    const ttl = { attributeName: 'ttl', enabled: true };
    expect(tables.sort()).toEqual([
      ['ConnectionsTable', 'space', 'instanceId', ttl],
      ['TicketsTable', 'name', undefined, ttl],
    ]);
  },

  'the local cloud runs the same schedules, as often': (graph) => {
    const rates = all(graph, 'aws:scheduler/schedule:Schedule').map(({ name, inputs }) => [
      kebab(name.replace(/CronSchedule$/, '')),
      inputs.scheduleExpression,
    ]);
    const locally = Object.entries(SCHEDULES).map(([name, everyMs]) => [name, rateOf(everyMs)]);
    expect(Object.fromEntries(rates)).toEqual(Object.fromEntries(locally));
  },

  'every schedule is enabled, calls its function, tries again and leaves dead letters': (graph) => {
    const schedules = all(graph, 'aws:scheduler/schedule:Schedule');
    const scheduled = graph.builds.flatMap(
      ({ handler }) => /schedules\/(.+)\.handler$/.exec(handler)?.[1] ?? [],
    );
    expect(scheduled.sort(), 'all that there are').toEqual(scheduleFiles());
    expect(schedules.length).toBe(scheduled.length);
    for (const { name, inputs } of schedules) {
      const handler = name.replace(/CronSchedule$/, '');
      expect(inputs.state).toBe('ENABLED');
      expect(inputs.target.arn).toMatch(new RegExp(`:${handler}Function$`));
      expect(inputs.target.retryPolicy).toEqual({ maximumRetryAttempts: 2 });
      expect(inputs.target.deadLetterConfig.arn).toMatch(/:DeadLetters$/);
      const config = one(
        graph,
        'aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig',
        `${handler}EventInvokeConfig`,
      );
      expect(config.inputs.destinationConfig.onFailure.destination).toMatch(/:DeadLetters$/);
    }
  },

  'every function is built, on arm64 and a current Node': (graph) => {
    const functions = all(graph, FUNCTION);
    expect(graph.builds.map(({ functionID }) => `${functionID}Function`).sort()).toEqual(
      functions.map(({ name }) => name).sort(),
    );
    for (const { inputs } of functions)
      expect(inputs).toMatchObject({ architectures: ['arm64'], runtime: 'nodejs24.x' });
  },

  'every setting is set, and accepted by the function that reads it': (graph, stage) => {
    for (const { name, inputs, secret } of all(graph, FUNCTION)) {
      const { variables } = inputs.environment;
      expect(secret, `${name} keeps its environment encrypted`).toContain('environment');
      if (name === 'AuthorizerFunction') {
        expect(readAuthSettings(variables).TICKETS_TABLE).toMatch(`-${stage}-TicketsTable`);
        expect(Object.keys(variables), 'no credentials for the memory').not.toContain('MONGODB_URL');
        continue;
      }
      const missing = settingNames.filter(
        (each) =>
          !(each in variables) &&
          !SET_ELSEWHERE.includes(each) &&
          !(name === 'FanOutFunction' && each === 'FAN_OUT_FUNCTION'), // it would hand over to itself
      );
      expect(missing, `${name} lacks nothing`).toEqual([]);
      const { heartbeatMs, staleMs } = stageSettings(stage);
      expect(readSettings(variables)).toMatchObject({ HEARTBEAT_MS: heartbeatMs, STALE_MS: staleMs });
      expect(variables.MONGODB_DATABASE, 'stages share no database').toBe(`mnemon-${stage}`);
      expect(variables.MANAGEMENT_ENDPOINT).toBe(
        'https://SocketApi.execute-api.us-east-1.amazonaws.com/$default',
      );
    }
  },

  'functions may do named things to named resources of the stage, and link nothing': (graph) => {
    for (const { links } of graph.builds) expect(links).toEqual([]);
    const roles = all(graph, 'aws:iam/role:Role');
    expect(roles.length).toBeGreaterThan(5);
    for (const { name, inputs } of roles) {
      for (const { actions, resources } of statementsOf(inputs)) {
        for (const action of actions) expect(action, name).not.toContain('*');
        for (const resource of resources) expect(resource, name).toMatch(OWN_RESOURCE);
      }
    }
  },

  'whoever serves the memory may post to connections and end them; upkeep alone walks over tables': (
    graph,
  ) => {
    const manage = ['POST', 'DELETE'].map((method) =>
      expect.stringMatching(new RegExp(`/${method}/@connections/\\*$`)),
    );
    for (const { functionID } of graph.builds) {
      const statements = statementsOf(one(graph, 'aws:iam/role:Role', `${functionID}Role`).inputs);
      const managing = statements.filter(({ actions }) => actions.includes('execute-api:ManageConnections'));
      const expected = functionID === 'Authorizer' ? [] : [manage];
      expect(
        managing.map(({ resources }) => resources),
        functionID,
      ).toEqual(expected);
      const scans = statements.filter(({ actions }) => actions.includes('dynamodb:Scan'));
      const walked = { SweepConnections: [[CONNECTIONS]], CleanUp: [[TICKETS]] }[functionID] ?? [];
      expect(
        scans.map(({ resources }) => resources),
        functionID,
      ).toEqual(walked);
    }
  },

  'only Lambda and the scheduler become the roles': (graph) => {
    for (const { name, inputs } of all(graph, 'aws:iam/role:Role')) {
      const trusted = JSON.stringify(inputs.assumeRolePolicy);
      expect(trusted, name).toMatch(/lambda\.amazonaws\.com|scheduler\.amazonaws\.com/);
      expect(trusted, name).not.toContain(':root');
    }
  },

  'removal, protection, alarms and concurrency are those of the stage': (graph, stage) => {
    const { removal, protect, alarms, memory, reservedConcurrency } = stageSettings(stage);
    expect(graph.app).toMatchObject({ name: 'mnemon', removal, protect });
    for (const { inputs, retained } of all(graph, TABLE)) {
      expect(retained).toBe(removal === 'retain');
      expect(inputs).toMatchObject({
        deletionProtectionEnabled: protect,
        pointInTimeRecovery: { enabled: protect },
      });
    }
    expect(all(graph, ALARM).length > 0).toBe(alarms);
    const message = one(graph, FUNCTION, 'MessageFunction').inputs;
    expect(message.memorySize).toBe(Number.parseInt(memory, 10));
    expect(message.reservedConcurrentExecutions).toBe(reservedConcurrency);
  },

  'where there are alarms, every function has its own, and somebody is told': (graph, stage) => {
    if (!stageSettings(stage).alarms) return;
    const alarms = all(graph, ALARM);
    for (const { inputs } of alarms) expect(inputs.alarmActions).toEqual([expect.stringMatching(/:Alarms$/)]);
    const watched = new Set(alarms.map(({ inputs }) => inputs.dimensions?.FunctionName));
    const ours = alarms.filter(({ inputs }) => inputs.namespace === 'Mnemon');
    expect(ours.map(({ inputs }) => inputs.metricName).sort()).toEqual([
      'BackendsDegraded',
      'Connections',
      'PostsGone',
      'PostsThrottled',
      'Propagation',
    ]);
    for (const { inputs } of ours) expect(inputs.dimensions).toEqual({ service: `mnemon-${stage}` });
    const { metricQueries } = one(graph, ALARM, 'ManyMongoConnections').inputs;
    // CloudWatch takes ten metrics. All but the authorizer and the migration, and their sum:
    expect(metricQueries).toHaveLength(all(graph, FUNCTION).length - 2 + 1);
    expect(metricQueries.length - 1).toBeLessThanOrEqual(10);
    for (const { inputs } of all(graph, FUNCTION)) expect(watched).toContain(inputs.name);
  },

  'the dashboard shows every function': (graph) => {
    const { inputs } = one(graph, 'aws:cloudwatch/dashboard:Dashboard', 'Dashboard');
    for (const each of all(graph, FUNCTION)) expect(inputs.dashboardBody).toContain(each.inputs.name);
  },
} satisfies Record<string, Expectation>;

/** What has to hold beside that of a stage whose data is made with it. */
export const MANAGED_EXPECTATIONS = {
  'a protected stage has a cluster with backups, others a small one, and each its own project': (
    graph,
    stage,
  ) => {
    const { protect, removal } = stageSettings(stage);
    const project = one(graph, 'mongodbatlas:index/project:Project', 'MongoProject');
    expect(project.inputs).toMatchObject({ name: `mnemon-${stage}`, orgId: 'atlas-organisation' });
    const type = protect ? 'advancedCluster:AdvancedCluster' : 'flexCluster:FlexCluster';
    const cluster = one(graph, `mongodbatlas:index/${type}`, 'MongoCluster');
    expect(cluster.inputs.projectId).toBe('MongoProject-id');
    expect(cluster.retained).toBe(removal === 'retain');
    if (protect)
      expect(cluster.inputs).toMatchObject({ pitEnabled: true, terminationProtectionEnabled: true });
  },

  'its user may read and write one database, with a password that nobody has seen': (graph, stage) => {
    const { inputs, secret } = one(graph, 'mongodbatlas:index/databaseUser:DatabaseUser', 'MongoUser');
    expect(inputs.roles).toEqual([{ roleName: 'readWrite', databaseName: `mnemon-${stage}` }]);
    expect(inputs.scopes).toMatchObject([{ type: 'CLUSTER' }]);
    expect(inputs.password).toHaveLength(40);
    expect(secret).toContain('password');
  },

  'functions are told where both are': (graph, stage) => {
    const { variables } = one(graph, FUNCTION, 'MessageFunction').inputs.environment;
    const host = `mnemon-${stage}:${'p'.repeat(40)}@made.example.mongodb.net`;
    expect(variables).toMatchObject({
      MONGODB_URL: `mongodb+srv://${host}/?retryWrites=true&w=majority`,
      UPSTASH_REDIS_REST_URL: 'https://made.upstash.io',
      UPSTASH_REDIS_REST_TOKEN: 'made-token',
    });
  },
} satisfies Record<string, Expectation>;

const CONNECTIONS = expect.stringMatching(/:ConnectionsTable$/);
const TICKETS = expect.stringMatching(/:TicketsTable$/);

const FUNCTION = 'aws:lambda/function:Function';
const TABLE = 'aws:dynamodb/table:Table';
const ALARM = 'aws:cloudwatch/metricAlarm:MetricAlarm';

/** Lambda sets the region itself; AWS's own DynamoDB needs no endpoint; who has no identity provider names no keys. */
const SET_ELSEWHERE = ['AWS_REGION', 'DYNAMODB_ENDPOINT', 'AUTH_JWKS_URL'];

/** Whole tables and queues, this API's connections, and functions. */
const OWN_RESOURCE =
  /:(ConnectionsTable|TicketsTable|DeadLetters|\w+Function|SocketApi\/\$default\/(POST|DELETE)\/@connections\/\*)$/;

const kebab = (name: string): string => name.replace(/(?!^)[A-Z]/g, '-$&').toLowerCase();

const rateOf = (everyMs: number): string =>
  everyMs % 3_600_000 === 0 ? `rate(${everyMs / 3_600_000} hour)` : `rate(${everyMs / 60_000} minute)`;

const scheduleFiles = () =>
  readdirSync(new URL('../../packages/functions/src/schedules', import.meta.url))
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => file.replace(/\.ts$/, ''))
    .sort();

const all = ({ resources }: Graph, type: string): Resource[] =>
  resources.filter((each) => each.type === type);

function one(graph: Graph, type: string, name: string): Resource {
  const found = all(graph, type).filter((each) => each.name === name);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} of ${type} ${name}`);
  return found[0];
}

// biome-ignore lint/suspicious/noExplicitAny: IAM's shape
const statementsOf = (role: any): { actions: string[]; resources: string[] }[] =>
  (role.inlinePolicies ?? []).flatMap(({ policy }: { policy: string }) => JSON.parse(policy).Statement);
