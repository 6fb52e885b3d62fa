import { type Mnemon, openMnemon, type Ports } from '@mnemon/client';
import { PROTOCOL_VERSION } from '@mnemon/protocol';
import DataLoader from 'dataloader';
import { median, report } from './figures.ts';

const RUNS = 41;
const QUEUED = 5_000;
const FLUSHED = 1_000;
const KEYS = Array.from({ length: QUEUED }, (_, at) => `tasks/${at}/state`);
const VALUE = { state: 'done', at: 42 };

/** What queueing a write costs its caller, beside a call of `dataloader`; and a thousand writes until all are acked. */
export async function benchClientWrites(): Promise<void> {
  const memory = openMnemon(
    { url: 'ws://bench', token: 'none', instanceId: 'bench', whenFull: 'wait' },
    { openSocket: instantServer },
  );
  await memory.connected;
  const [queued, primitives, loads, flushMs]: number[][] = [[], [], [], []];
  for (let run = 0; run < RUNS; run++) {
    queued?.push(await perSecond((key) => memory.write(key, VALUE, { durability: 'queued' }), memory));
    primitives?.push(await perSecond((key) => memory.write(key, 42, { durability: 'queued' }), memory));
    const loader = new DataLoader<string, string>(async (keys) => keys, { cache: false, maxBatchSize: 100 });
    loads?.push(await perSecond((key) => loader.load(key)));
    flushMs?.push(await flushing(memory));
  }
  report(`client: write to the queue, ${RUNS} runs of ${QUEUED}`, {
    'of an object, per s': median(queued ?? []),
    'of a number, per s': median(primitives ?? []),
    'dataloader, loads per s': median(loads ?? []),
  });
  report(`client: ${FLUSHED} writes until all are acked, instantly`, { 'p50 ms': median(flushMs ?? []) });
  await memory.close();
}

/** Of the calls alone; what they start has ended before the next run. */
async function perSecond(call: (key: string) => Promise<unknown>, memory?: Mnemon): Promise<number> {
  const startedAt = performance.now();
  let last: Promise<unknown> | undefined;
  for (const key of KEYS) last = call(key);
  const took = performance.now() - startedAt;
  await last;
  await memory?.flush();
  return (QUEUED / took) * 1_000;
}

async function flushing(memory: Mnemon): Promise<number> {
  const startedAt = performance.now();
  await Promise.all(KEYS.slice(0, FLUSHED).map((key) => memory.write(key, VALUE)));
  return performance.now() - startedAt;
}

/** Answers in the same turn, and keeps nothing: what is left is the client. */
const instantServer: Ports['openSocket'] = (_, events) => {
  const answer = (type: string, id: string, payload: object) =>
    events.received(JSON.stringify({ type, id, timestamp: Date.now(), payload }));
  const answers: Record<string, (id: string, payload: { client: string; n: number; ops: [] }) => void> = {
    connect: (id) =>
      answer('connected', id, {
        protocolVersion: PROTOCOL_VERSION,
        space: 'bench',
        instanceId: 'bench',
        head: { epoch: 'e', seq: [0] },
        heartbeatMs: 60_000,
        tokenExpiresAt: Date.now() + 3_600_000,
      }),
    write: (id, { client, n, ops }) => {
      const outcomes = ops.map(() => ({ status: 'applied', version: n }));
      const ack = { client, n, outcomes, shared: 1, commit: { partition: 0, seq: n } };
      answer('changes', id, { epoch: 'e', commits: [], acks: [ack] });
    },
  };
  queueMicrotask(events.opened);
  return {
    send(text) {
      const { type, id, payload } = JSON.parse(text);
      queueMicrotask(() => answers[type]?.(id, payload));
    },
    close: async () => {},
  };
};
