import type { Mnemon } from '@mnemon/client';
import { within } from '../within.ts';

const SAMPLES = 50;

/** Milliseconds, to one decimal: half the writes were acked and seen at or below them; `slowAckMs` is the 99th percentile. */
export interface Measured {
  ackMs: number;
  slowAckMs: number;
  seenMs: number;
}

/** Writes one after the other, so that none waits for another. */
export async function measure(writer: Mnemon, reader: Mnemon, prefix: string): Promise<Measured> {
  const acks: number[] = [];
  const sights: number[] = [];
  let seen = () => {};
  const subscription = reader.subscribe(`${prefix}/*`, () => seen());
  await subscription.ready;
  for (let i = 0; i < SAMPLES; i++) {
    const arrived = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const startedAt = performance.now();
    const timed = async (promise: Promise<unknown>, samples: number[]) => {
      await promise;
      samples.push(performance.now() - startedAt);
    };
    const acked = writer.write(`${prefix}/${i}`, i);
    await within('a measured write', Promise.all([timed(acked, acks), timed(arrived, sights)]));
  }
  subscription();
  return { ackMs: share(acks, 0.5), slowAckMs: share(acks, 0.99), seenMs: share(sights, 0.5) };
}

function share(samples: number[], part: number): number {
  const sorted = samples.sort((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length * part)] ?? 0) * 10) / 10;
}
