import type { FoundPage, Read, WireError } from '@mnemon/protocol';
import { createTimer, type Timer } from './clock.ts';
import { fromWire, MnemonError } from './mnemon-error.ts';
import type { Ports } from './ports.ts';

export const READ_TIMEOUT_MS = 10_000;
/** More at once are a mistake of the application's. */
export const MAX_READS = 100;

/** Questions that only the server can answer. They wait for a connection, and go along to the next one. */
export interface ServerReads {
  /** Rejects with what the server refuses, `unavailable` when no answer came in time, and `overloaded` beyond 100 at once. */
  ask(question: Read['payload']): Promise<FoundPage>;
  /** A connection stands. */
  online(): void;
  answered(id: string, page: FoundPage): void;
  /** Whether that was about one of these. */
  failed(id: string, error: WireError): boolean;
  /** Rejects all that wait. */
  close(error: MnemonError): void;
}

interface Waiting {
  readonly question: Read['payload'];
  readonly timer: Timer;
  resolve(page: FoundPage): void;
  reject(error: MnemonError): void;
}

/** `send` loses what it is given without a connection. */
export function createServerReads(
  { clock }: Pick<Ports, 'clock'>,
  send: (question: Read['payload'], id: string) => void,
): ServerReads {
  const waiting = new Map<string, Waiting>();
  let lastId = 0;

  function take(id: string): Waiting | undefined {
    const taken = waiting.get(id);
    taken?.timer.clear();
    waiting.delete(id);
    return taken;
  }

  function ask(question: Read['payload']): Promise<FoundPage> {
    return new Promise((resolve, reject) => {
      if (waiting.size >= MAX_READS) throw new MnemonError('overloaded', 'too many questions at once');
      const id = `read-${++lastId}`;
      const message = `no answer within ${READ_TIMEOUT_MS} ms`;
      const timer = createTimer(clock, () => take(id)?.reject(new MnemonError('unavailable', message)));
      waiting.set(id, { question, timer, resolve, reject });
      timer.set(READ_TIMEOUT_MS);
      send(question, id);
    });
  }

  return {
    ask,
    online: () => {
      for (const [id, { question }] of waiting) send(question, id);
    },
    answered: (id, page) => take(id)?.resolve(page),
    failed(id, error) {
      const failed = take(id);
      failed?.reject(fromWire(error));
      return failed !== undefined;
    },
    close: (error) => {
      for (const id of [...waiting.keys()]) take(id)?.reject(error);
    },
  };
}
