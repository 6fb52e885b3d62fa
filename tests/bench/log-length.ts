import { randomUUID } from 'node:crypto';
import { embeddedStore, memoryConnections, memoryEventBus, memoryFanout } from '@mnemon/adapters/memory';
import { connectMongo, migrate, mongoStorage } from '@mnemon/adapters/mongo';
import {
  catchUp,
  history,
  type Identity,
  type Ports,
  type SealedCommit,
  type StoragePorts,
  seal,
  stateAt,
  writeAndWait,
} from '@mnemon/core';
import type { ClientId, Entry, InstanceId, SpaceId } from '@mnemon/protocol';
import { median, report } from './figures.ts';

const LENGTHS = [10, 100, 1_000, 10_000, 100_000];
const SAMPLES = 60;
const COMMITS_PER_APPEND = 500;
const KEYS = 100;
const MISSED = 10;

/** What writing, catching up and looking back cost behind logs of growing length: none of them may grow with it. */
export async function benchLogLength(): Promise<void> {
  await measure('embedded', embeddedStore());
  const url = process.env.MONGODB_URL;
  if (!url) return console.log('log length, MongoDB: skipped, MONGODB_URL is not set');
  const mongo = connectMongo({ url, dbName: `bench-${randomUUID()}` });
  await migrate(mongo.db);
  await measure('MongoDB', mongoStorage(mongo));
  await mongo.db.dropDatabase();
  await mongo.close();
}

async function measure(name: string, storage: StoragePorts): Promise<void> {
  const ports: Ports = {
    ...storage,
    bus: memoryEventBus(),
    connections: memoryConnections({ staleAfterMs: 80_000 }),
    fanout: memoryFanout(),
    clock: { now: Date.now },
    randomId: randomUUID,
  };
  const admin: Identity = {
    space: 'bench' as SpaceId,
    instanceId: 'bench' as InstanceId,
    userId: 'bench',
    grants: [{ pattern: '**', access: 'admin' }],
    tokenExpiresAtMs: Date.now() + 3_600_000,
  };
  await ports.log.open(admin.space, randomUUID());
  for (const length of LENGTHS) {
    await fill(ports, admin.space, length);
    const figures = await sampleAll(ports, admin);
    report(`behind ${length.toLocaleString('en')} commits, ${name}, ${SAMPLES} samples`, figures);
  }
}

async function sampleAll(ports: Ports, admin: Identity): Promise<Record<string, number>> {
  const head = await ports.log.head(admin.space);
  const headSeq = head?.seq[0] ?? 0;
  const at = (seq: number) => ({ epoch: head?.epoch ?? '', seq: [Math.max(0, Math.floor(seq))] });
  const key = `key/${headSeq % KEYS}`;
  const pause = async () => {};
  const put = (i: number) => ({
    client: `bench:${randomUUID()}` as ClientId,
    n: 1,
    ops: [
      { op: 'put' as const, key: 'written', value: i, seen: {}, hlc: { wallMs: Date.now(), counter: 0 } },
    ],
  });
  const scope = { key };
  return {
    'catch-up ms': await sample(() => catchUp(ports, admin, { cursor: at(headSeq - MISSED) })),
    'history ms': await sample(() => history(ports, admin, { key, limit: 10 })),
    'state ms': await sample(() => stateAt(ports, admin, { scope, at: { cursor: at(headSeq / 2) } })),
    'write ms': await sample((i) => writeAndWait(ports, pause, admin, put(i))),
  };
}

async function sample(once: (i: number) => Promise<{ ok: boolean }>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const startedAt = performance.now();
    const { ok } = await once(i);
    if (!ok) throw new Error('refused');
    times.push(performance.now() - startedAt);
  }
  return median(times);
}

/** Appends to the log through its port, many commits at a time, until it is as long as that. */
async function fill({ log }: Ports, space: SpaceId, length: number): Promise<void> {
  const at = { space, partition: 0 };
  const keys = Array.from({ length: KEYS }, (_, i) => `key/${i}`);
  for (;;) {
    const loaded = await log.load({ ...at, keys, mutations: [] });
    if (!loaded) throw new Error('the space is not open');
    const count = Math.min(COMMITS_PER_APPEND, length - loaded.head.seq);
    if (count <= 0) return;
    const commits: SealedCommit[] = [];
    const entries = new Map<string, Entry>();
    let { seq, hash } = loaded.head;
    for (let i = 0; i < count; i++) {
      seq += 1;
      const key = `key/${seq % KEYS}`;
      const version = (entries.get(key) ?? loaded.entries.get(key))?.version ?? 0;
      const made = {
        key,
        version: version + 1,
        value: { seq },
        clock: { filler: version + 1 },
        hlc: { wallMs: seq, counter: 0 },
        author: 'filler' as InstanceId,
      };
      const sealed = seal({
        ...at,
        seq,
        epoch: loaded.epoch,
        author: made.author,
        committedAtMs: seq,
        events: [{ type: version === 0 ? 'created' : 'updated', ...made }],
        mutation: { client: 'filler' as ClientId, n: seq, outcomes: [] },
        prevHash: hash,
      });
      commits.push(sealed);
      entries.set(key, { ...made, partition: 0, seq });
      hash = sealed.hash;
    }
    const left = [...entries.values()].map((entry) => ({
      entry,
      loadedSeq: loaded.entries.get(entry.key)?.seq ?? 0,
    }));
    await log.append({ ...at, commits, entries: left, settled: [] });
  }
}
