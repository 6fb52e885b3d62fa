import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/** What functions print: a line of JSON each. Names of who asked for what, never a value or a token. */
export const log = new Logger();

/** Figures of the event that is being dealt with; they leave as one line of CloudWatch's embedded metric format. */
const metrics = new Metrics({ namespace: 'Mnemon' });

export const countMetric = (name: string, count = 1): void =>
  void metrics.addMetric(name, MetricUnit.Count, count);
export const timeMetric = (name: string, ms: number): void =>
  void metrics.addMetric(name, MetricUnit.Milliseconds, ms);

let correlationId: string | undefined;

/** Names the event in every line from now on, here and in what it sets off. */
export function correlate(id: string | undefined): void {
  correlationId = id;
  log.resetKeys();
  log.appendKeys({ correlationId });
  metrics.addMetadata('correlationId', id ?? '');
}

export const currentCorrelationId = (): string | undefined => correlationId;

interface Context {
  awsRequestId?: string;
}

/** A handler whose log lines and figures belong to one event: an environment deals with one at a time. */
export const observed =
  <Event, Result>(handler: (event: Event, context?: Context) => Promise<Result>) =>
  async (event: Event, context?: Context): Promise<Result> => {
    correlate(gatewayIdOf(event) ?? context?.awsRequestId);
    try {
      return await handler(event, context);
    } finally {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    }
  };

/** API Gateway names each message and each request. */
function gatewayIdOf(event: unknown): string | undefined {
  const { requestContext } = (event ?? {}) as { requestContext?: { requestId?: unknown } };
  return typeof requestContext?.requestId === 'string' ? requestContext.requestId : undefined;
}

/** What a log may say of an error: its stack, whose first line is the message of code, not of data. */
export const causeOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
