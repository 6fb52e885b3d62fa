import type { Entry, InstanceId, JsonValue, MemoryEvent, Op, Strategy } from '@mnemon/protocol';
import { STRATEGIES } from '@mnemon/protocol';
import { decide, evolve } from '../../packages/core/src/domain/decide.ts';
import { median, report } from './figures.ts';

const RUNS = 5;
const MEETINGS = 2_000;
const NOW_MS = Date.UTC(2026, 0, 1);
const around = { nowMs: NOW_MS, policies: [], eventAt: () => undefined };

const objectOf = (seed: number): JsonValue =>
  Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`field${i}`, i % 3 === seed ? seed : 'same']));

const VALUES: Record<Strategy, (seed: number) => JsonValue> = {
  'last-write-wins': objectOf,
  'vector-clock': objectOf,
  importance: objectOf,
  custom: objectOf,
  'object-merge': objectOf,
  'merge-all': objectOf,
  'array-merge': (seed) => Array.from({ length: 20 }, (_, i) => `item ${i + seed * 5}`),
  set: (seed) => Array.from({ length: 20 }, (_, i) => `item ${i + seed * 5}`),
  'max-value': (seed) => Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`n${i}`, i * seed])),
  counter: (seed) => seed,
};

/** Decisions per second on two concurrent writes of twenty fields or items, by strategy; no store, no network. */
export async function benchStrategies(): Promise<void> {
  for (const strategy of STRATEGIES) {
    const stored = stateAfter(undefined, putBy('ann', 1, strategy), 'ann');
    const arrived = putBy('bob', 2, strategy);
    const meet = () => decide(stored, arrived, writerOf('bob'), around);
    for (let i = 0; i < MEETINGS; i++) meet();
    const perSecond = Array.from({ length: RUNS }, () => {
      const startedAt = performance.now();
      for (let i = 0; i < MEETINGS; i++) meet();
      return (MEETINGS / (performance.now() - startedAt)) * 1000;
    });
    report(`strategy ${strategy}, ${RUNS} runs of ${MEETINGS}`, { 'decisions per s': median(perSecond) });
  }
}

const writerOf = (name: string) => ({
  instanceId: name as InstanceId,
  grants: [{ pattern: '**', access: 'write' as const }],
});

const putBy = (name: string, seed: number, strategy: Strategy): Op => ({
  op: 'put',
  key: 'k',
  seen: {},
  hlc: { wallMs: NOW_MS - 10 + seed, counter: 0 },
  strategy,
  value: VALUES[strategy](seed),
  tags: [name],
});

const stateAfter = (entry: Entry | undefined, op: Op, name: string): Entry =>
  evolve(decide(entry, op, writerOf(name), around).event as MemoryEvent, 0, 1);
