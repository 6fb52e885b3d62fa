import { expect } from 'vitest';
import { stageSettings } from '../../../infra/stage.ts';
import { all, type Expectations, FUNCTION, one } from './graph.ts';

/** Who is let in, and which function answers. */
export const GATEWAYS = {
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
} satisfies Expectations;
