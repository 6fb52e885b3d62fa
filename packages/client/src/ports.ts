import { MAX_MESSAGE_BYTES, openSocket } from '#socket';
import type { Clock } from './clock.ts';
import type { OpenSocket } from './connection/socket.ts';

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
  random: drawRandom(),
  openSocket,
  maxMessageBytes: MAX_MESSAGE_BYTES,
});

/** Draws many at a time: one alone takes longer than all else that a frame does to the connection. */
function drawRandom(): () => number {
  const drawn = new Uint32Array(256);
  let used = drawn.length;
  return () => {
    if (used === drawn.length) {
      crypto.getRandomValues(drawn);
      used = 0;
    }
    return (drawn[used++] as number) / 2 ** 32;
  };
}
