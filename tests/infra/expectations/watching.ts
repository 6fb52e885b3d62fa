import { expect } from 'vitest';
import { stageSettings } from '../../../infra/stage.ts';
import { ALARM, all, type Expectations, FUNCTION, one } from './graph.ts';

/** What an operator sees. */
export const WATCHING = {
  'where there are alarms, every function has its own, and somebody is told': (graph, stage) => {
    if (!stageSettings(stage).alarms) return;
    const alarms = all(graph, ALARM);
    for (const { inputs } of alarms) expect(inputs.alarmActions).toEqual([expect.stringMatching(/:Alarms$/)]);
    const watched = new Set(alarms.map(({ inputs }) => inputs.dimensions?.FunctionName));
    const ours = alarms.filter(({ inputs }) => inputs.namespace === 'Mnemon');
    expect(ours.map(({ inputs }) => inputs.metricName).sort()).toEqual([
      'BackendsDegraded',
      'BatchesSetAside',
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
} satisfies Expectations;
