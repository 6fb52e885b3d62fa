// Handlers that lambda-host.test.ts runs in real execution environments.
import { threadId } from 'node:worker_threads';

interface Host {
  ports: Record<string, Record<string, (...args: unknown[]) => Promise<unknown>>>;
  intercept?: (port: string, method: string, phase: 'before' | 'after') => Promise<void>;
}
interface Context {
  awsRequestId: string;
  functionName: string;
  memoryLimitInMB: string;
  getRemainingTimeInMillis(): number;
}

const host = (globalThis as Record<symbol, unknown>)[Symbol.for('mnemon.host')] as Host;
const hostSeenAtImport = host !== undefined;
let invocations = 0;

const port = (name: string, method: string, ...args: unknown[]) => {
  const found = host.ports[name]?.[method];
  if (!found) throw new Error(`no port ${name}`);
  return found(...args);
};

export const handler = async (event: unknown, context: Context) => ({
  event,
  invocations: ++invocations,
  threadId,
  hostSeenAtImport,
  intercepted: host.intercept !== undefined,
  env: { ...process.env },
  requestId: context.awsRequestId,
  functionName: context.functionName,
  memory: context.memoryLimitInMB,
  remainingMs: context.getRemainingTimeInMillis(),
});

export const callsPort = ({ method, args }: { method: string; args: unknown[] }) =>
  port('desk', method, ...args);

export const printsAndCounts = async () => {
  console.log('one\ntwo');
  console.error('%s three', 'and');
  return ++invocations;
};

/** Leaves a timer and a port call behind, and ends without waiting for either. */
export const leavesWork = async ({ linger }: { linger?: boolean }) => {
  if (linger) return port('desk', 'lingered');
  setTimeout(() => void port('desk', 'stray', 'timer'), 1);
  return 'returned';
};

export const misbehaves = async ({ how }: { how: string }) => {
  if (how === 'throw') throw Object.assign(new RangeError('too far'), { code: 'E_FAR' });
  if (how === 'hang') await new Promise(() => {});
  if (how === 'spin') for (;;);
  if (how === 'exit') process.exit(3);
  if (how === 'uncaught') {
    setTimeout(() => {
      throw new Error('nobody catches this');
    }, 0);
    await new Promise(() => {});
  }
  return ++invocations;
};

/** A write path in miniature: two port calls, each of which the host may turn into this environment's last. */
export const twoSteps = async () => {
  for (const step of ['first', 'second']) {
    await host.intercept?.('desk', step, 'before');
    await port('desk', 'step', step);
    await host.intercept?.('desk', step, 'after');
  }
  return 'both';
};

/** One branch reaches a point where it may be killed, while another goes on calling. */
export const twoBranches = async () => {
  const busy = (async () => {
    for (;;) await port('desk', 'step');
  })();
  await port('desk', 'step');
  await host.intercept?.('desk', 'step', 'after');
  await busy;
};
