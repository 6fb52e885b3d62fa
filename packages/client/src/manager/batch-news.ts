import type { AckedBatch } from '../outbox/outbox.ts';
import type { Conflicts } from './conflicts.ts';
import type { Tell } from './events.ts';
import type { Counters } from './metrics.ts';

/** Counts and tells what became of the batches that the server has answered. */
export function createBatchNews(
  counters: Pick<Counters, 'syncs' | 'acked'>,
  tell: Tell,
  conflicts: Conflicts,
): (batch: AckedBatch) => void {
  return ({ outcomes, ackMs }) => {
    counters.syncs++;
    counters.acked(ackMs);
    tell('batch-flushed', { writes: outcomes.length, ackMs });
    for (const { key, outcome } of outcomes) {
      if (outcome.status === 'merged') conflicts.merged(key, outcome.version);
      else if (outcome.status === 'refused' && outcome.code === 'conflict') {
        conflicts.refused(key, outcome.current?.version ?? 0);
      }
    }
  };
}
