import type { AckedBatch } from '../outbox.ts';
import type { Tell } from './events.ts';
import type { Counters } from './metrics.ts';

/** Hears that a write of `key` met another, or was refused because of one; `version` is the key's version now. */
type OnConflict = (key: string, version: number, type: 'merged' | 'refused') => void;

/** Counts and tells what became of the batches that the server has answered. */
export function createBatchNews(
  counters: Pick<Counters, 'syncs' | 'acked'>,
  tell: Tell,
  onConflict: OnConflict,
): (batch: AckedBatch) => void {
  return ({ outcomes, ackMs }) => {
    counters.syncs++;
    counters.acked(ackMs);
    tell('batch-flushed', { writes: outcomes.length, ackMs });
    for (const { key, outcome } of outcomes) {
      if (outcome.status === 'merged') onConflict(key, outcome.version, 'merged');
      else if (outcome.status === 'refused' && outcome.code === 'conflict') {
        onConflict(key, outcome.current?.version ?? 0, 'refused');
      }
    }
  };
}
