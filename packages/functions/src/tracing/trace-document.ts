import type { RandomId } from '@mnemon/core';

/** One call of a backend. */
export interface BackendCall {
  backend: string;
  /** `log.append` */
  call: string;
  startedAtMs: number;
  durationMs: number;
  failed: boolean;
}

/** One event that a function dealt with. */
export interface TracedEvent {
  correlationId: string | undefined;
  startedAtMs: number;
  endedAtMs: number;
  failed: boolean;
  /** The first of them: see `MAX_CALLS`. */
  calls: readonly BackendCall[];
  callCount: number;
}

/** Where an event belongs in its trace. */
export interface TraceParent {
  traceId: string;
  parentId: string;
}

/** A document has 64 KB at most; one call takes some 200 bytes. More need not be remembered: upkeep makes many thousands. */
export const MAX_CALLS = 200;

/** What X-Ray is told of an event: names and times, never a value. One of many calls tells of the first and how many there were. */
export function traceDocument({ traceId, parentId }: TraceParent, event: TracedEvent, randomId: RandomId) {
  const { correlationId, startedAtMs, endedAtMs, failed, calls, callCount } = event;
  const newId = () => randomId().replaceAll('-', '').slice(0, 16);
  return {
    type: 'subsegment',
    id: newId(),
    trace_id: traceId,
    parent_id: parentId,
    name: 'handler',
    start_time: startedAtMs / 1000,
    end_time: endedAtMs / 1000,
    ...(failed && { fault: true }),
    ...(correlationId !== undefined && { annotations: { correlationId } }),
    metadata: { default: { calls: callCount } },
    subsegments: calls.map((each) => ({
      id: newId(),
      name: each.backend,
      namespace: 'remote',
      start_time: each.startedAtMs / 1000,
      end_time: (each.startedAtMs + each.durationMs) / 1000,
      ...(each.failed && { fault: true }),
      metadata: { default: { call: each.call } },
    })),
  };
}

/** Of `Root=1-…;Parent=…;Sampled=1`, as Lambda has it; nothing when this event is not among those that are traced. */
export function readTraceHeader(header = ''): TraceParent | undefined {
  const fields = Object.fromEntries(header.split(';').map((each) => each.split('=')));
  const { Root: traceId, Parent: parentId, Sampled } = fields as Record<string, string | undefined>;
  return traceId && parentId && Sampled === '1' ? { traceId, parentId } : undefined;
}
