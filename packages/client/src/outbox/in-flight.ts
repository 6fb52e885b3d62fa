import type { Ack, Batch, ClientId, Op, WireError } from '@mnemon/protocol';
import { backoffMs } from '../backoff.ts';
import { createTimer } from '../clock.ts';
import type { Ports } from '../ports.ts';
import type { PendingOp } from './pending-op.ts';

/** How long an ack may take before the batch is sent again; then twice as long, and so on. */
export const ACK_TIMEOUT_MS = 3_000;
export const MAX_ACK_TIMEOUT_MS = 24_000;
/**
 * How often the service may fail on one batch, saying so, before that batch is given up: some two minutes. What merely
 * makes it wait, like `unavailable`, doesn't count.
 */
export const MAX_FAILURES = 20;

/** The batch that is on its way, if any: sent, and sent again, until it is answered. */
export interface InFlight {
  readonly isBusy: boolean;
  readonly pending: readonly PendingOp[];
  readonly resends: number;
  /** How long it has been on its way; 0 when there is none. */
  readonly ageMs: number;
  /** Whether it may be in the log although nobody has said so. */
  readonly mayBeCommitted: boolean;
  /** Takes the next batch on; there must be none. */
  launch(pending: readonly PendingOp[]): void;
  /** Takes on the newest batch of before, frozen then and perhaps sent. */
  relaunch(pending: readonly PendingOp[]): void;
  /** Whether this is the answer to it. */
  isAnsweredBy(ack: Ack): boolean;
  /** The service could not take batch `n`. `give-up`: neither now nor later. */
  failed(n: number, error: WireError): 'not-mine' | 'sent-again' | 'give-up';
  /** It has its answer, or will have none: takes it out. */
  land(): readonly PendingOp[];
  /** A connection stands: what may have got lost with the last one is sent again. */
  online(): void;
  offline(): void;
}

export interface InFlightOptions {
  readonly client: ClientId;
  /** The number of the newest batch before. */
  readonly lastN: number;
  /** Makes sure that after a crash batch `n` is still the same; before that it is not sent. */
  readonly freeze?: ((n: number, batch: readonly PendingOp[]) => Promise<void>) | undefined;
  readonly ports: Pick<Ports, 'clock' | 'random'>;
  readonly send: (batch: Batch) => void;
}

interface Flight {
  readonly n: number;
  readonly launchedAtMs: number;
  readonly pending: readonly PendingOp[];
  /** Frozen: what is sent again is the same, to the letter (I6). */
  readonly ops: Op[];
  /** How often the service failed on it … */
  failures: number;
  /** … and how often it put it off, for whatever reason. */
  delays: number;
  /** How often it was sent on this connection. */
  sends: number;
  isFrozen: boolean;
  /** Sent, and not everything that was sent was answered by word that nothing came of it. */
  isOut: boolean;
  isRepeated: boolean;
}

/** Nothing on its way yet. `client` and the number of a batch identify it for ever. */
export function createInFlight({ client, freeze, ports, send, ...options }: InFlightOptions): InFlight {
  const { clock, random } = ports;
  const resendTimer = createTimer(clock, () => transmit(true));
  let flight: Flight | undefined;
  let isOnline = false;
  let lastN = options.lastN;
  let resends = 0;

  function launch(pending: readonly PendingOp[]): void {
    const launched = flightOf(++lastN, pending, clock.now());
    flight = launched;
    if (!freeze) {
      launched.isFrozen = true;
      transmit(false);
      return;
    }
    void freeze(lastN, pending).then(() => {
      launched.isFrozen = true;
      if (flight === launched) transmit(false);
    });
  }

  function transmit(resend: boolean): void {
    if (!flight?.isFrozen || !isOnline) return;
    if (resend) resends++;
    flight.isRepeated = flight.isOut;
    flight.isOut = true;
    resendTimer.set(Math.min(ACK_TIMEOUT_MS * 2 ** flight.sends++, MAX_ACK_TIMEOUT_MS));
    send({ client, n: flight.n, ops: flight.ops, ...(resend && { resend }) });
  }

  function failed(n: number, error: WireError): 'not-mine' | 'sent-again' | 'give-up' {
    if (n !== flight?.n) return 'not-mine';
    if (error.code === 'internal') flight.failures++;
    flight.isOut = error.code === 'internal' || flight.isRepeated; // else this answers all that was sent
    if (!error.retryable || flight.failures >= MAX_FAILURES) return 'give-up';
    resendTimer.set(error.retryAfterMs ?? backoffMs(flight.delays++, random()));
    return 'sent-again';
  }

  return {
    get isBusy() {
      return flight !== undefined;
    },
    get pending() {
      return flight?.pending ?? [];
    },
    get resends() {
      return resends;
    },
    get ageMs() {
      return flight ? clock.now() - flight.launchedAtMs : 0;
    },
    get mayBeCommitted() {
      return flight?.isOut ?? false;
    },
    launch,
    relaunch(pending) {
      flight = { ...flightOf(lastN, pending, clock.now()), isFrozen: true, isOut: true };
    },
    isAnsweredBy: ({ client: by, n, outcomes }) =>
      by === client && n === flight?.n && outcomes.length === flight.ops.length,
    failed,
    land() {
      const pending = flight?.pending ?? [];
      flight = undefined;
      resendTimer.clear();
      return pending;
    },
    online() {
      isOnline = true;
      if (flight) flight.sends = 0;
      transmit(true);
    },
    offline() {
      isOnline = false;
      resendTimer.clear();
    },
  };
}

const flightOf = (n: number, pending: readonly PendingOp[], launchedAtMs: number): Flight => ({
  n,
  launchedAtMs,
  pending,
  ops: pending.map(({ op }) => op),
  failures: 0,
  delays: 0,
  sends: 0,
  isFrozen: false,
  isOut: false,
  isRepeated: false,
});
