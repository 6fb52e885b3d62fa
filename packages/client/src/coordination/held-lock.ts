import { type Clock, createTimer } from '../clock.ts';
import type { Requests } from '../connection/requests.ts';
import { MnemonError } from '../mnemon-error.ts';
import type { Lock } from './lock.ts';

export interface HeldLock extends Lock {
  /** Asks for more time, and after a reconnect that the lock goes with this connection. */
  renew(): void;
  /** Ends it here; the server is not told. */
  end(error: MnemonError): void;
}

interface Grant {
  readonly name: string;
  readonly token: number;
  readonly leaseMs: number;
  /** When it was asked for: the lease began no earlier, so by this clock it never ends too late. */
  readonly askedAtMs: number;
}

/** A lock that was granted, renewed at a third of its lease until it ends. `onEnd` hears of that once. */
export function holdLock(
  { name, token, leaseMs, askedAtMs }: Grant,
  { clock, requests, onEnd }: { clock: Clock; requests: Requests; onEnd: () => void },
): HeldLock {
  const controller = new AbortController();
  const renewal = createTimer(clock, renew);
  const expiry = createTimer(clock, lose);
  let isRenewing = false;

  function runFrom(startMs: number): void {
    expiry.set(Math.max(0, startMs + leaseMs - clock.now()));
    renewal.set(Math.max(0, startMs + leaseMs / 3 - clock.now()));
  }

  function end(error: MnemonError): void {
    if (controller.signal.aborted) return;
    renewal.clear();
    expiry.clear();
    onEnd();
    controller.abort(error);
  }

  function lose(): void {
    end(new MnemonError('lock-lost', `the lock ${name} is lost`));
  }

  function renew(): void {
    if (isRenewing || controller.signal.aborted) return;
    isRenewing = true;
    let sentAtMs = clock.now();
    const asked = requests.ask('lock', (resend) => {
      if (!resend) sentAtMs = clock.now();
      return { do: 'renew', name, token, leaseMs };
    });
    asked
      .then(({ is }) => {
        isRenewing = false;
        if (controller.signal.aborted) return;
        if (is === 'renewed') runFrom(sentAtMs);
        else lose();
      })
      .catch(lose); // refused for good: the grant is gone, or the client closed
  }

  async function release(): Promise<void> {
    if (controller.signal.aborted) return;
    end(new MnemonError('lock-released', `the lock ${name} was given back`));
    await requests.ask('lock', () => ({ do: 'release', name, token }));
  }

  runFrom(askedAtMs);
  return { name, token, signal: controller.signal, release, renew, end };
}
