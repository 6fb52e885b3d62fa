import type { CallFate, HostFaults } from '../../packages/local/src/lambda/lambda-host.ts';

export type Phase = 'before' | 'after';

/** A port call of a handler, `log.append` for one, and which side of it. */
export interface Point {
  call: string;
  phase: Phase;
}

/** Lies in wait for handlers that write: the `hostFaults` of a cloud, armed by tests. */
export interface Ambush extends HostFaults {
  /**
   * The next write that comes to `point` is dealt with by `decide`, by default killed; those after it pass. Resolves
   * when it is there, once the verdict is out.
   */
  at(point: Point, decide?: () => CallFate | Promise<CallFate>): Promise<void>;
  /** How many writes have come to `point` so far. */
  passed(point: Point): number;
}

const nameOf = ({ call, phase }: Point): string => `${phase} ${call}`;

/** What a write does first; the last where its environment met a holder of the lease a moment ago. */
const BEGINNINGS = new Set(['log.load', 'values.put', 'inbox.put']);

export function createAmbush(): Ambush {
  const waiting = new Map<string, { decide: () => CallFate | Promise<CallFate>; reached: () => void }>();
  const passed = new Map<string, number>();
  const writes = new Set<string>();
  return {
    at: (point, decide = () => 'kill') =>
      new Promise((resolve) => waiting.set(nameOf(point), { decide, reached: resolve })),

    passed: (point) => passed.get(nameOf(point)) ?? 0,

    async onPortCall(port, method, phase, requestId) {
      const call = `${port}.${method}`;
      if (BEGINNINGS.has(call)) writes.add(requestId);
      const name = nameOf({ call, phase });
      if (!writes.has(requestId)) return 'continue';
      passed.set(name, (passed.get(name) ?? 0) + 1);
      const found = waiting.get(name);
      if (!found) return 'continue';
      waiting.delete(name);
      const verdict = await found.decide();
      found.reached();
      return verdict;
    },
  };
}
