import type { Clock } from '../clock.ts';
import { createGathering } from './gathering.ts';
import type { InFlight } from './in-flight.ts';
import type { WriteQueue } from './write-queue.ts';

/** Lets batches leave the queue: one at a time, when there is a connection and gathering pays no more. */
export interface Departures {
  /** Something was added. What is added in one turn of the event loop leaves in one batch, and is one commit. */
  soon(): void;
  /** All that is in the queue leaves without gathering, however many batches it takes. */
  hurry(): void;
  /** The last batch was answered, and shared its commit with so many others. */
  landed(shared?: number): void;
  online(): void;
  offline(): void;
}

export interface DeparturesOptions {
  readonly queue: WriteQueue;
  readonly inFlight: InFlight;
  readonly clock: Clock;
  readonly batchIntervalMs: number;
  /** A batch has left. */
  readonly onLeft: () => void;
}

export function createDepartures(options: DeparturesOptions): Departures {
  const { queue, inFlight, clock, batchIntervalMs, onLeft } = options;
  const gathering = createGathering(clock, batchIntervalMs, leave);
  let isOnline = false;
  let isDue = false;
  /** Of the queue, from its front: somebody waits for them. */
  let urgent = 0;

  function leave(): void {
    if (inFlight.isBusy || !isOnline || queue.length === 0) return;
    if (gathering.isOn && !queue.isFull && urgent === 0) return;
    const pending = queue.take();
    urgent = Math.max(0, urgent - pending.length);
    gathering.begin();
    inFlight.launch(pending);
    onLeft();
  }

  return {
    soon() {
      if (isDue) return;
      isDue = true;
      queueMicrotask(() => {
        isDue = false;
        leave();
      });
    },
    hurry() {
      urgent = queue.length;
      leave();
    },
    landed(shared = 1) {
      gathering.hear(shared);
      leave();
    },
    online() {
      isOnline = true;
      inFlight.online();
      leave();
    },
    offline() {
      isOnline = false;
      inFlight.offline();
      gathering.stop();
    },
  };
}
