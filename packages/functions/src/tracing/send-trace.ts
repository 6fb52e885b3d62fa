import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { readTraceHeader, type TracedEvent, traceDocument } from './trace-document.ts';

const HEADER = '{"format":"json","version":1}\n';

/** Lambda's own, new for each event: no setting. What an event sets off carries it along. */
export const traceHeader = (): string | undefined => process.env._X_AMZN_TRACE_ID;

/** A datagram to the same machine leaves at once; a socket that cannot be opened never says so. */
const PATIENCE_MS = 100;

let socket: Socket | undefined;

/**
 * Tells X-Ray's daemon of an event, where Lambda traces it. Resolves when it has left, as nothing does after the handler;
 * a trace that is lost is no failure, and holds nothing up.
 */
export async function sendTrace(event: TracedEvent): Promise<void> {
  const { AWS_XRAY_DAEMON_ADDRESS: daemon } = process.env;
  const parent = readTraceHeader(traceHeader());
  if (!parent || !daemon) return;
  const [host, port] = daemon.split(':');
  socket ??= createSocket('udp4')
    .on('error', () => {})
    .unref();
  const message = HEADER + JSON.stringify(traceDocument(parent, event, randomUUID));
  let patience: NodeJS.Timeout | undefined;
  const gone = new Promise<void>((resolve) => {
    patience = setTimeout(resolve, PATIENCE_MS);
    socket?.send(message, Number(port), host, () => resolve());
  });
  await gone.catch(() => {}).finally(() => clearTimeout(patience));
}
