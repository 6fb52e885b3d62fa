import { type Ports, STORAGE_PORTS } from '@mnemon/core';

/** A handler that ends there: whatever it would have done next, it never does. */
class Died extends Error {}

/** The ports of a handler that dies after as many of its calls to stores took effect. */
function dyingAfter(ports: Ports, calls: number): Ports {
  let made = 0;
  const mortal = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, method) {
        const original = Reflect.get(target, method) as unknown;
        if (typeof original !== 'function') return original;
        return async (...args: unknown[]) => {
          if (made >= calls) throw new Died();
          const answer = await Reflect.apply(original, target, args);
          made += 1;
          if (made >= calls) throw new Died();
          return answer;
        };
      },
    });
  const stores = [...STORAGE_PORTS, 'connections', 'fanout'] as const;
  return { ...ports, ...Object.fromEntries(stores.map((name) => [name, mortal(ports[name])])) };
}

/**
 * In one world after the other: `work`, whose handler dies after its first call, its second … and then `check`. Ends
 * when one lives through all of its calls, and answers how many died.
 */
export async function atEachDeath<W extends { ports: Ports }>(
  makeWorld: () => Promise<W>,
  work: (world: W, ports: Ports) => Promise<unknown>,
  check: (world: W) => Promise<void>,
): Promise<number> {
  for (let calls = 1; ; calls++) {
    const world = await makeWorld();
    try {
      await work(world, dyingAfter(world.ports, calls));
      return calls - 1;
    } catch (error) {
      if (!(error instanceof Died)) throw error;
    }
    await check(world);
  }
}
