import type { Ports } from '@mnemon/core';
import { expect, test } from 'vitest';
import { interceptPorts } from './host.ts';

const calls: string[] = [];
const ports = {
  log: {
    prefix: 'epoch',
    async open(this: { prefix: string }, space: string) {
      calls.push(`open ${space}`);
      return `${this.prefix} of ${space}`;
    },
    async head() {
      throw new Error('down');
    },
  },
  clock: { now: () => 7 },
  randomId: () => 'id',
} as unknown as Ports;

test('the host is asked before and after each asynchronous call, and nothing else changes', async () => {
  calls.length = 0;
  const wrapped = interceptPorts(ports, async (port, method, phase) => {
    calls.push(`${phase} ${port}.${method}`);
  });
  expect(await wrapped.log.open('team' as never, 'e')).toBe('epoch of team');
  expect(calls).toEqual(['before log.open', 'open team', 'after log.open']);
});

test('clocks and names are answered at once', () => {
  const wrapped = interceptPorts(ports, async () => {
    throw new Error('asked');
  });
  expect([wrapped.clock.now(), wrapped.randomId()]).toEqual([7, 'id']);
});

test('a host that ends the call before it keeps it from happening', async () => {
  calls.length = 0;
  const wrapped = interceptPorts(ports, async () => {
    throw new Error('killed');
  });
  await expect(wrapped.log.open('team' as never, 'e')).rejects.toThrow('killed');
  expect(calls).toEqual([]);
});

test('a call that fails fails as it would without a host', async () => {
  const phases: string[] = [];
  const wrapped = interceptPorts(ports, async (_port, _method, phase) => {
    phases.push(phase);
  });
  await expect(wrapped.log.head('team' as never)).rejects.toThrow('down');
  expect(phases).toEqual(['before']);
});
