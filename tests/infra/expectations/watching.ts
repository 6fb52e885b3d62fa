import { expect } from 'vitest';
import { stageSettings } from '../../../infra/stage.ts';
import { ALARM, all, type Expectations, FUNCTION, one } from './graph.ts';
import { rings } from './rings.ts';

/** `rate(1 hour)` */
const minutesOf = (rate: string): number =>
  (rate.includes('hour') ? 60 : 1) * Number.parseInt(rate.slice(5), 10);

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
      'Connections',
      'PostsGone',
      'PostsThrottled',
      'Propagation',
      'RowsSetAside',
    ]);
    for (const { inputs } of ours) expect(inputs.dimensions).toEqual({ service: `mnemon-${stage}` });
    const { metricQueries } = one(graph, ALARM, 'ManyMongoConnections').inputs;
    // CloudWatch takes ten metrics. All but the authorizer and the migration, and their sum:
    expect(metricQueries).toHaveLength(all(graph, FUNCTION).length - 2 + 1);
    expect(metricQueries.length - 1).toBeLessThanOrEqual(10);
    for (const { inputs } of all(graph, FUNCTION)) expect(watched).toContain(inputs.name);
  },

  'a schedule that fails or is slow rings: of every hour at the first run, of every minute when it goes on': (
    graph,
    stage,
  ) => {
    if (!stageSettings(stage).alarms) return;
    for (const { name, inputs } of all(graph, 'aws:scheduler/schedule:Schedule')) {
      const everyMinutes = minutesOf(inputs.scheduleExpression);
      const ringsAfter = everyMinutes < 60 ? { Errors: 3, Slow: 5 } : { Errors: 1, Slow: 1 };
      for (const [what, runs] of Object.entries(ringsAfter)) {
        const alarm = one(graph, ALARM, name.replace(/CronSchedule$/, what));
        const bad = Array.from({ length: runs }, (_, n) => n * everyMinutes);
        expect(rings(alarm, bad), `${alarm.name} after ${runs}`).toBe(true);
        expect(rings(alarm, bad.slice(1)), `${alarm.name} before`).toBe(false);
        if (what === 'Errors') expect(alarm.inputs.threshold).toBe(0);
      }
    }
  },

  'the dashboard shows every function': (graph) => {
    const { inputs } = one(graph, 'aws:cloudwatch/dashboard:Dashboard', 'Dashboard');
    for (const each of all(graph, FUNCTION)) expect(inputs.dashboardBody).toContain(each.inputs.name);
  },
} satisfies Expectations;
