import { MAX_MESSAGE_BYTES, openSocket } from '#socket';
import type { Clock } from './clock.ts';
import type { OpenSocket } from './socket.ts';

/** What the client needs from the world around it. Tests and simulation pass their own. */
export interface Ports {
  readonly clock: Clock;
  /** Uniform in [0, 1), never twice the same in two programs: ids are made of it. */
  readonly random: () => number;
  readonly openSocket: OpenSocket;
  /** The largest message that such a socket gets through to the service. */
  readonly maxMessageBytes: number;
}

export const realPorts = (): Ports => ({
  clock: {
    now: () => Date.now(),
    setTimeout: (callback, delayMs) => globalThis.setTimeout(callback, delayMs),
    clearTimeout: (timer) => globalThis.clearTimeout(timer as number),
  },
  random: () => (crypto.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 32,
  openSocket,
  maxMessageBytes: MAX_MESSAGE_BYTES,
});
