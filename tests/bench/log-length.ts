import { randomUUID } from 'node:crypto';
import { memoryConnections, memoryEventBus, memoryFanout } from '@mnemon/adapters/memory';
import {
  type Answered,
  catchUp,
  history,
  type Identity,
  type Ports,
  stateAt,
  writeAndWait,
} from '@mnemon/core';
import type { ClientId, MemoryEvent, SpaceId } from '@mnemon/protocol';
import { median, report } from './figures.ts';
import { type FilledStore, type Filling, onEachStore } from './filled-stores.ts';
import { AUTHOR, NOW_MS, newLog, newSpace } from './new-log.ts';

const LENGTHS = [10, 100, 1_000, 10_000, 100_000];
const SAMPLES = 60;
const KEYS = 100;
const MISSED = 10;

/** What writing, catching up and looking back cost behind logs of growing length: none of them may grow with it. */
export async function benchLogLength(): Promise<void> {
  const spaces = LENGTHS.map((length) => ({ length, space: newSpace() }));
  await onEachStore(
    async (filling) => {
      for (const { length, space } of spaces) await fill(filling, space, length);
    },
    async (store) => {
      for (const { length, space } of spaces) await measure(store, space, length);
    },
  );
}

async function measure({ name, storage, db }: FilledStore, space: SpaceId, length: number): Promise<void> {
  const ports: Ports = {
    ...storage,
    bus: memoryEventBus(),
    connections: memoryConnections({ staleAfterMs: 80_000 }),
    fanout: memoryFanout(),
    clock: { now: Date.now },
    randomId: randomUUID,
  };
  const admin: Identity = {
    space,
    instanceId: AUTHOR,
    userId: 'bench',
    grants: [{ pattern: '**', access: 'admin' }],
    tokenExpiresAtMs: Date.now() + 3_600_000,
  };
  const spaceRows = db?.collection<{ _id: string }>('spaces');
  report(`behind ${length.toLocaleString('en')} commits, ${name}, ${SAMPLES} samples`, {
    ...(await sampleAll(ports, admin)),
    ...(spaceRows && { 'a bare read of one row, ms': await sample(() => spaceRows.findOne({ _id: space })) }),
  });
}

async function sampleAll(ports: Ports, admin: Identity): Promise<Record<string, number>> {
  const head = await ports.log.head(admin.space);
  const headSeq = head?.seq[0] ?? 0;
  const at = (seq: number) => ({ epoch: head?.epoch ?? '', seq: [Math.max(0, Math.floor(seq))] });
  const key = `key/${(headSeq - 1) % KEYS}`;
  const pause = async () => {};
  const put = (i: number) => ({
    client: `bench:${randomUUID()}` as ClientId,
    n: 1,
    ops: [
      { op: 'put' as const, key: 'written', value: i, seen: {}, hlc: { wallMs: Date.now(), counter: 0 } },
    ],
  });
  const past = { scope: { key }, at: { cursor: at(headSeq / 2) } };
  const topic = { space: admin.space, partition: 0, topics: ['key'], beforeSeq: headSeq };
  return {
    'catch-up ms': await sample(async () =>
      allowed(await catchUp(ports, admin, { cursor: at(headSeq - MISSED) })),
    ),
    'history ms': await sample(async () => allowed(await history(ports, admin, { key, limit: 10 }))),
    'state ms': await sample(async () => allowed(await stateAt(ports, admin, past))),
    'write ms': await sample(async (i) => allowed(await writeAndWait(ports, pause, admin, put(i)))),
    'newest of a topic ms': await sample(() => ports.log.newestOf(topic)),
  };
}

async function sample(once: (i: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const startedAt = performance.now();
    await once(i);
    times.push(performance.now() - startedAt);
  }
  return median(times);
}

function allowed<Value>(answered: Answered<Value>): Value {
  if (!answered.ok) throw new Error(answered.error.message);
  return answered.value;
}

/** Each commit changes one of some keys. */
async function fill(filling: Filling, space: SpaceId, length: number): Promise<void> {
  const log = await newLog(filling, space);
  for (let n = 0; n < length; n++) {
    const version = Math.floor(n / KEYS) + 1;
    const event: MemoryEvent = {
      type: version === 1 ? 'created' : 'updated',
      key: `key/${n % KEYS}`,
      version,
      value: { n },
      clock: { [AUTHOR]: version },
      hlc: { wallMs: NOW_MS, counter: 0 },
      author: AUTHOR,
    };
    await log.append([event], { isReplaced: n + KEYS < length });
  }
}
