import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { stageSettings } from '../../../infra/stage.ts';
import { all, type Expectations, FUNCTION, one, ROLE, statementsOf } from './graph.ts';

/** Whole tables and queues, functions, this API's connections, and logs of functions. */
const OWN_RESOURCES = [
  /^arn:aws:dynamodb:.+:(ConnectionsTable|TicketsTable)$/,
  /^arn:aws:sqs:.+:(DeadLetters|FailedParcels)$/,
  /^arn:aws:lambda:.+:\w+Function$/,
  /^arn:aws:execute-api:.+:SocketApi\/\$default\/(POST|DELETE)\/@connections\/\*$/,
  /^arn:aws:logs:.+:log-group:\/aws\/lambda\/mnemon-\w+-\w+:\*$/,
];

/** X-Ray has no resources that could be named. */
const TRACING = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'];

const CONNECTIONS = expect.stringMatching(/:ConnectionsTable$/);
const TICKETS = expect.stringMatching(/:TicketsTable$/);

/** Who may do what, and who becomes whom. */
export const PERMISSIONS = {
  'functions may do named things to named resources of the stage, and link nothing': (graph, stage) => {
    for (const { links } of graph.builds) expect(links).toEqual([]);
    const roles = all(graph, ROLE);
    expect(roles.length).toBeGreaterThan(5);
    for (const role of roles) {
      expect(role.inputs.managedPolicyArns ?? [], role.name).toEqual([]);
      for (const { actions, resources } of statementsOf(role)) {
        for (const action of actions) expect(action, role.name).not.toContain('*');
        if (stageSettings(stage).tracing && isDeepStrictEqual(actions, TRACING)) continue;
        for (const resource of resources)
          expect(
            OWN_RESOURCES.some((own) => own.test(resource)),
            `${role.name}: ${resource}`,
          ).toBe(true);
      }
    }
  },

  'a function writes to its own log, which is the one that it has': (graph) => {
    for (const { functionID } of graph.builds) {
      const { loggingConfig } = one(graph, FUNCTION, `${functionID}Function`).inputs;
      const writing = statementsOf(one(graph, ROLE, `${functionID}Role`)).filter(({ actions }) =>
        actions.some((action) => action.startsWith('logs:')),
      );
      expect(writing).toMatchObject([{ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'] }]);
      const [, group] = /log-group:(.+):\*$/.exec(writing[0]?.resources[0] ?? '') ?? [];
      expect(group, functionID).toBe(loggingConfig.logGroup);
    }
  },

  'whoever serves the memory may post to connections and end them; upkeep alone walks over tables': (
    graph,
  ) => {
    const manage = ['POST', 'DELETE'].map((method) =>
      expect.stringMatching(new RegExp(`/${method}/@connections/\\*$`)),
    );
    for (const { functionID } of graph.builds) {
      const statements = statementsOf(one(graph, ROLE, `${functionID}Role`));
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
    for (const { name, inputs } of all(graph, ROLE)) {
      const trusted = JSON.stringify(inputs.assumeRolePolicy);
      expect(trusted, name).toMatch(/lambda\.amazonaws\.com|scheduler\.amazonaws\.com/);
      expect(trusted, name).not.toContain(':root');
    }
  },
} satisfies Expectations;
