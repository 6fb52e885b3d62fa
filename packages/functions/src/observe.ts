import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { sendTrace } from './tracing/send-trace.ts';
import { type BackendCall, MAX_CALLS } from './tracing/trace-document.ts';

/** What functions print: a line of JSON each. Names of who asked for what, never a value or a token. */
export const log = new Logger();

/** Figures of the event that is being dealt with; they leave as one line of CloudWatch's embedded metric format. */
const metrics = new Metrics({ namespace: 'Mnemon' });

export const countMetric = (name: string, count = 1): void =>
  void metrics.addMetric(name, MetricUnit.Count, count);
export const timeMetric = (name: string, ms: number): void =>
  void metrics.addMetric(name, MetricUnit.Milliseconds, ms);

let calls: BackendCall[] = [];
let callCount = 0;

/** For the figures of its backend, and for the trace. */
export function noteCall(made: BackendCall): void {
  timeMetric(`${made.backend}Latency`, made.durationMs);
  if (made.failed) countMetric(`${made.backend}Errors`);
  callCount++;
  if (calls.length < MAX_CALLS) calls.push(made);
}

let correlationId: string | undefined;

/** Names the event in every line from now on, here and in what it sets off. */
export function correlate(id: string | undefined): void {
  correlationId = id;
  log.resetKeys();
  log.appendKeys({ correlationId });
  metrics.addMetadata('correlationId', id ?? '');
}

export const currentCorrelationId = (): string | undefined => correlationId;

/**
 * A handler whose log lines, figures and trace belong to one event: an environment deals with one at a time. Lambda's
 * context is the last of its arguments.
 */
export const observed =
  <Args extends unknown[], Result>(handler: (...args: Args) => Promise<Result>) =>
  async (...args: Args): Promise<Result> => {
    correlate(gatewayIdOf(args[0]) ?? requestIdOf(args.at(-1)));
    calls = [];
    callCount = 0;
    const startedAtMs = Date.now();
    let failed = true;
    try {
      const result = await handler(...args);
      failed = false;
      return result;
    } finally {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
      await sendTrace({ correlationId, startedAtMs, endedAtMs: Date.now(), failed, calls, callCount });
    }
  };

/** API Gateway names each message and each request. */
function gatewayIdOf(event: unknown): string | undefined {
  const { requestContext } = (event ?? {}) as { requestContext?: { requestId?: unknown } };
  return typeof requestContext?.requestId === 'string' ? requestContext.requestId : undefined;
}

const requestIdOf = (context: unknown): string | undefined =>
  (context as { awsRequestId?: string } | undefined)?.awsRequestId;

/** What a log may say of an error: its stack, whose first line is the message of code, not of data. */
export const causeOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
