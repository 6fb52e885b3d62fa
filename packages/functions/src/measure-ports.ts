import { type Ports, STORAGE_PORTS } from '@mnemon/core';
import { countMetric, timeMetric } from './observe.ts';

/** The backend behind each port, as its figures are called. */
const BACKENDS: Partial<Record<keyof Ports, string>> = {
  ...Object.fromEntries(STORAGE_PORTS.map((name) => [name, 'Mongodb'])),
  connections: 'Dynamodb',
  fanout: 'Gateway',
  bus: 'Redis',
  relay: 'Lambda',
};

/** The same ports, every call timed and every failure counted by backend. */
export function measurePorts(ports: Ports): Ports {
  const measured = Object.entries(ports).map(([name, port]) => {
    const backend = BACKENDS[name as keyof Ports];
    return [name, backend ? measure(port as object, backend) : port];
  });
  return Object.fromEntries(measured) as Ports;
}

type AsyncMethod = (...args: unknown[]) => Promise<unknown>;

const measure = (port: object, backend: string): object =>
  new Proxy(port, {
    get(target, method) {
      const original = Reflect.get(target, method) as unknown;
      if (typeof original !== 'function') return original;
      return async (...args: unknown[]) => {
        const startedAt = performance.now();
        try {
          return await (original as AsyncMethod).apply(target, args);
        } catch (error) {
          countMetric(`${backend}Errors`);
          throw error;
        } finally {
          timeMetric(`${backend}Latency`, performance.now() - startedAt);
        }
      };
    },
  });
