import { expect } from 'vitest';
import { stageSettings } from '../../../infra/stage.ts';
import { ALARM, all, type Expectations, FUNCTION, one, QUEUE, TABLE } from './graph.ts';

/** What is kept, and what differs between stages. */
export const STAGES = {
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

  'production is kept and protected, and a personal stage is neither': ({ app }, stage) => {
    const isProduction = stage === 'production';
    expect(app).toMatchObject({ removal: isProduction ? 'retain' : 'remove', protect: isProduction });
  },

  'queues are encrypted, end what they keep, and are called after their stage': (graph, stage) => {
    const queues = all(graph, QUEUE);
    expect(queues.length).toBeGreaterThan(0);
    for (const { name, inputs } of queues) {
      expect(inputs.name).toBe(`mnemon-${stage}-${name}`);
      expect(inputs).toMatchObject({
        sqsManagedSseEnabled: true,
        messageRetentionSeconds: expect.any(Number),
      });
    }
  },

  'removal, protection, alarms and concurrency are those of the stage': (graph, stage) => {
    const { removal, protect, alarms, memory, concurrency } = stageSettings(stage);
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
    for (const name of ['Message', 'Api', 'Stream', 'FanOut'] as const) {
      const { reservedConcurrentExecutions } = one(graph, FUNCTION, `${name}Function`).inputs;
      expect(reservedConcurrentExecutions, name).toBe(concurrency[name]);
    }
  },
} satisfies Expectations;
