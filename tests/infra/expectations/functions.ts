import { readAuthSettings, readSettings, settingNames } from '@mnemon/functions/settings';
import { expect } from 'vitest';
import { stageSettings } from '../../../infra/stage.ts';
import {
  all,
  EVENT_INVOKE_CONFIG,
  type Expectations,
  FUNCTION,
  one,
  QUEUE,
  ROLE,
  statementsOf,
} from './graph.ts';

/** Lambda sets the region itself; AWS's own DynamoDB needs no endpoint; who has no identity provider names no keys. */
const SET_ELSEWHERE = ['AWS_REGION', 'DYNAMODB_ENDPOINT', 'AUTH_JWKS_URL'];

/** How functions are made, and what they are told. */
export const FUNCTIONS = {
  'too many posts are handed to a function that tries twice, soon, and leaves them for an hour': (graph) => {
    const { inputs } = one(graph, EVENT_INVOKE_CONFIG, 'FanOutEventInvokeConfig');
    expect(inputs).toMatchObject({ maximumRetryAttempts: 1, maximumEventAgeInSeconds: 60 });
    expect(inputs.destinationConfig.onFailure.destination).toMatch(/:FailedParcels$/);
    // What is in it are values.
    expect(one(graph, QUEUE, 'FailedParcels').inputs.messageRetentionSeconds).toBe(60 * 60);
    const { name } = one(graph, FUNCTION, 'FanOutFunction').inputs;
    for (const { functionID } of graph.builds) {
      if (functionID === 'Authorizer' || functionID === 'FanOut') continue;
      const { environment } = one(graph, FUNCTION, `${functionID}Function`).inputs;
      expect(environment.variables.FAN_OUT_FUNCTION).toBe(name);
      const statements = statementsOf(one(graph, ROLE, `${functionID}Role`));
      const invoking = statements.filter(({ actions }) => actions.includes('lambda:InvokeFunction'));
      expect(invoking.map(({ resources }) => resources)).toEqual([
        [expect.stringMatching(/:FanOutFunction$/)],
      ]);
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

  'functions are traced where the stage says so': (graph, stage) => {
    const mode = stageSettings(stage).tracing ? { mode: 'Active' } : undefined;
    for (const { inputs } of all(graph, FUNCTION)) expect(inputs.tracingConfig).toEqual(mode);
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

  'no function is deployed beside a migration that may fail, but the one that posts': (graph) => {
    const made = graph.resources.map(({ name }) => name);
    const migration = made.indexOf('Migration');
    const before = all(graph, FUNCTION).filter(({ name }) => made.indexOf(name) < migration);
    expect(before.map(({ name }) => name).sort()).toEqual(['FanOutFunction', 'MigrateFunction']);
  },
} satisfies Expectations;
