import { type Ports, STORAGE_PORTS } from '@mnemon/core';
import { noteCall } from './observe.ts';

/** The backend behind each port, as its figures are called. */
const BACKENDS: Partial<Record<keyof Ports, string>> = {
  ...Object.fromEntries(STORAGE_PORTS.map((name) => [name, 'Mongodb'])),
  connections: 'Dynamodb',
  fanout: 'Gateway',
  bus: 'Redis',
  relay: 'Lambda',
};

/** The same ports, every call noted with its backend, its time and whether it failed. */
export function measurePorts(ports: Ports): Ports {
  const measured = Object.entries(ports).map(([name, port]) => {
    const backend = BACKENDS[name as keyof Ports];
    return [name, backend ? measure(port as object, backend, name) : port];
  });
  return Object.fromEntries(measured) as Ports;
}

type AsyncMethod = (...args: unknown[]) => Promise<unknown>;

const measure = (port: object, backend: string, name: string): object =>
  new Proxy(port, {
    get(target, method) {
      const original = Reflect.get(target, method) as unknown;
      if (typeof original !== 'function') return original;
      return async (...args: unknown[]) => {
        const startedAtMs = Date.now();
        const startedAt = performance.now();
        let failed = true;
        try {
          const answer = await (original as AsyncMethod).apply(target, args);
          failed = false;
          return answer;
        } finally {
          const durationMs = performance.now() - startedAt;
          noteCall({ backend, call: `${name}.${String(method)}`, startedAtMs, durationMs, failed });
        }
      };
    },
  });
