import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { SCHEDULES as LOCAL_SCHEDULES } from '../../../packages/local/src/cloud-schedules.ts';
import { all, EVENT_INVOKE_CONFIG, type Expectations, one } from './graph.ts';

const kebab = (name: string): string => name.replace(/(?!^)[A-Z]/g, '-$&').toLowerCase();

const rateOf = (everyMs: number): string =>
  everyMs % 3_600_000 === 0 ? `rate(${everyMs / 3_600_000} hour)` : `rate(${everyMs / 60_000} minute)`;

const scheduleFiles = () =>
  readdirSync(new URL('../../../packages/functions/src/schedules', import.meta.url))
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => file.replace(/\.ts$/, ''))
    .sort();

/** What runs by itself. */
export const SCHEDULES = {
  'the local cloud runs the same schedules, as often': (graph) => {
    const rates = all(graph, 'aws:scheduler/schedule:Schedule').map(({ name, inputs }) => [
      kebab(name.replace(/CronSchedule$/, '')),
      inputs.scheduleExpression,
    ]);
    const locally = Object.entries(LOCAL_SCHEDULES).map(([name, everyMs]) => [name, rateOf(everyMs)]);
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
      const config = one(graph, EVENT_INVOKE_CONFIG, `${handler}EventInvokeConfig`);
      expect(config.inputs.destinationConfig.onFailure.destination).toMatch(/:DeadLetters$/);
    }
  },
} satisfies Expectations;
