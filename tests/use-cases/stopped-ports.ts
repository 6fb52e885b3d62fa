import type { Ports } from '@mnemon/core';

/** The ports of somebody who believes that the lease is taken, and therefore goes through the inbox. */
export function alwaysLeased(ports: Ports): Ports {
  const load: Ports['log']['load'] = async (at) => {
    const loaded = await ports.log.load(at);
    return loaded && { ...loaded, leased: true };
  };
  return { ...ports, log: { ...ports.log, load } };
}

/**
 * The ports with a stop before the next call of one method: `reached` tells that somebody stands there, `release` lets
 * it go on. A process that dies there never goes on.
 */
export function stopBefore(
  ports: Ports,
  port: 'log' | 'inbox' | 'connections' | 'nodes' | 'tasks' | 'taskWaiters',
  method: string,
): { ports: Ports; reached: Promise<void>; release: () => void } {
  const arrival = gate();
  const passage = gate();
  const original = (ports[port] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[
    method
  ];
  let isNext = true;
  const stopped = async (...args: unknown[]) => {
    if (isNext) {
      isNext = false;
      arrival.open();
      await passage.opened;
    }
    return original?.(...args);
  };
  return {
    ports: { ...ports, [port]: { ...ports[port], [method]: stopped } },
    reached: arrival.opened,
    release: passage.open,
  };
}

function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
