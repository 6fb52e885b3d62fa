/** After this long a call answers how far it came: API Gateway waits 29 s, and a store may be slow meanwhile. */
export const TURN_MS = 10_000;
