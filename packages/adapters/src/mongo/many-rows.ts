const REMEMBERED_MS = 60_000;
const MOST = 1_000;

/**
 * What led to many rows lately. No more than a guess of what is worth trying: whatever it says, the same is found.
 */
export interface ManyRows {
  has(lead: string): boolean;
  add(lead: string): void;
}

export function manyRows(now: () => number = Date.now): ManyRows {
  const untilMs = new Map<string, number>();
  return {
    has: (lead) => (untilMs.get(lead) ?? 0) > now(),
    add(lead) {
      untilMs.delete(lead); // so that it stands last
      untilMs.set(lead, now() + REMEMBERED_MS);
      const [oldest] = untilMs.keys();
      if (untilMs.size > MOST && oldest !== undefined) untilMs.delete(oldest);
    },
  };
}
