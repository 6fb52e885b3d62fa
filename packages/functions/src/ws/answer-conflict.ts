import {
  type Answered,
  type Caller,
  conflictStats,
  fittingConflict,
  getConflict,
  listConflicts,
  resolveConflict,
} from '@mnemon/core';
import type { ConflictAnswer, ConflictRequest } from '@mnemon/protocol';
import type { App } from '../compose.ts';

/** Answers what is asked about conflicts. */
export async function answerConflict(
  { ports, pause }: App,
  caller: Caller,
  asked: ConflictRequest,
): Promise<Answered<ConflictAnswer>> {
  switch (asked.do) {
    case 'list':
      return { ok: true, value: { is: 'listed', ...(await listConflicts(ports, caller, asked)) } };
    case 'get': {
      const found = await getConflict(ports, caller, asked.id);
      return found.ok ? { ok: true, value: { is: 'found', conflict: fittingConflict(found.value) } } : found;
    }
    case 'resolve': {
      const { do: _, id, ...merged } = asked;
      const resolved = await resolveConflict(ports, pause, caller, id, merged);
      return resolved.ok ? { ok: true, value: { is: 'resolved', outcome: resolved.value } } : resolved;
    }
    case 'count': {
      const counted = await conflictStats(ports, caller);
      return counted.ok ? { ok: true, value: { is: 'counted', counts: counted.value } } : counted;
    }
  }
}
