import { expect, test } from 'vitest';
import { createLatencySample } from './latency-sample.ts';

test('says nothing before it has measured, and nearest ranks after', () => {
  const sample = createLatencySample();
  expect(sample.read()).toEqual({ p50Ms: undefined, p99Ms: undefined, count: 0 });
  for (let ms = 200; ms >= 1; ms--) sample.add(ms);
  expect(sample.read()).toEqual({ p50Ms: 100, p99Ms: 198, count: 200 });
});

test('holds a thousand, the newest ones, and nothing below 0', () => {
  const sample = createLatencySample();
  for (let i = 0; i < 5_000; i++) sample.add(1_000_000);
  for (let i = 0; i < 1_000; i++) sample.add(i < 500 ? -5 : 7);
  expect(sample.read()).toEqual({ p50Ms: 0, p99Ms: 7, count: 1_000 });
});
