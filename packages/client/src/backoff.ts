const BASE_MS = 250;
const CAP_MS = 15_000;

/**
 * How long to wait before try number `attempt` (0, 1, 2 …), `chance` being uniform in [0, 1). Full jitter: clients
 * that lost the same server at once don't return at once.
 */
export const backoffMs = (attempt: number, chance: number): number =>
  Math.round(chance * Math.min(CAP_MS, BASE_MS * 2 ** attempt));
