import type { ManagementApi } from '@mnemon/adapters/apigateway';
import type { Ports, RateLimits, Relay, Tickets } from '@mnemon/core';

/**
 * What a one-machine host offers to the functions that it runs. On AWS there is none: every port then is a cloud
 * service's.
 */
export interface Host {
  /** Embedded adapters, for services that no setting names. */
  ports: Partial<
    Omit<Ports, 'relay'> & {
      tickets: Tickets;
      rateLimits: RateLimits;
      relay: Pick<Relay, 'hand'>;
      management: ManagementApi;
    }
  >;
  /** Called around every call of a port; the host may end the environment there. */
  intercept?: (port: string, method: string, phase: 'before' | 'after') => Promise<void>;
}

export const findHost = (): Host | undefined => (globalThis as { [HOST]?: Host })[HOST];

/** The host left out what no setting places elsewhere. */
export class NotHosted extends Error {
  constructor(port: string) {
    super(`The host brings no ${port}, and no setting says where else it is`);
  }
}

const HOST = Symbol.for('mnemon.host');

type AsyncMethod = (...args: unknown[]) => unknown;

/** The same ports, with the host asked before and after each call; what the process itself knows is no call. */
export function interceptPorts(ports: Ports, intercept: NonNullable<Host['intercept']>): Ports {
  const wrap = (name: string, port: object): object =>
    new Proxy(port, {
      get(target, method: string) {
        const original = Reflect.get(target, method) as unknown;
        if (typeof original !== 'function') return original;
        return async (...args: unknown[]) => {
          await intercept(name, method, 'before');
          const result = await (original as AsyncMethod).apply(target, args);
          await intercept(name, method, 'after');
          return result;
        };
      },
    });
  const { clock, randomId, contended, onPropagated, ...remote } = ports;
  const wrapped = Object.entries(remote).map(([name, port]) => [name, wrap(name, port)]);
  const own = { clock, randomId, ...(contended && { contended }), ...(onPropagated && { onPropagated }) };
  return { ...(Object.fromEntries(wrapped) as typeof remote), ...own };
}
