const REMEMBERED_MS = 60_000;
const MOST = 1_000;

type Size = 'few' | 'many';

/**
 * To how many rows something led lately. No more than a guess of which way is worth going: whatever it says, the same
 * is found.
 */
export interface LeadSizes {
  /** `undefined` when that is not known, or was too long ago. */
  get(lead: string): Size | undefined;
  set(lead: string, size: Size): void;
}

export function leadSizes(now: () => number = Date.now): LeadSizes {
  const known = new Map<string, { size: Size; untilMs: number }>();
  return {
    get(lead) {
      const found = known.get(lead);
      return found && found.untilMs > now() ? found.size : undefined;
    },
    set(lead, size) {
      known.delete(lead); // so that it stands last
      known.set(lead, { size, untilMs: now() + REMEMBERED_MS });
      const [oldest] = known.keys();
      if (known.size > MOST && oldest !== undefined) known.delete(oldest);
    },
  };
}
