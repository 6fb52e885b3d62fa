import { randomUUID } from 'node:crypto';
import { embeddedStore } from '@mnemon/adapters/memory';
import { connectMongo, migrate, mongoStorage } from '@mnemon/adapters/mongo';
import {
  type Answered,
  GENESIS,
  type Identity,
  listEntries,
  type SealedCommit,
  type StoragePorts,
  seal,
  searchEntries,
} from '@mnemon/core';
import type { ClientId, Entry, FoundPage, InstanceId, MemoryEvent } from '@mnemon/protocol';
import { spaceIdSchema } from '@mnemon/protocol';
import { percentile, report } from './figures.ts';

const SAMPLES = 40;
const WARM_UP = 5;
const ENTRIES_PER_COMMIT = 100;
const NOW_MS = Date.UTC(2026, 0, 1);

type Ask = (
  ports: StoragePorts & { clock: { now(): number } },
  who: Identity,
) => Promise<Answered<FoundPage>>;

const QUESTIONS: Record<string, Ask> = {
  'list, all': (ports, who) => listEntries(ports, who, {}),
  'list, one of 100 prefixes': (ports, who) => listEntries(ports, who, { prefix: 'tasks/42' }),
  'list, tag of every tenth': (ports, who) => listEntries(ports, who, { tags: ['tenth'] }),
  'list, tag of every thousandth': (ports, who) => listEntries(ports, who, { tags: ['thousandth'] }),
  'list, changed since the last commit but one': async (ports, who) => {
    const { epoch, seq } = (await ports.log.head(who.space)) ?? { epoch: '', seq: [0] };
    const cursor = { epoch, seq: seq.map((newest) => Math.max(0, newest - 1)) };
    return listEntries(ports, who, { changedSince: { cursor } });
  },
  'search, two words of every 500th': (ports, who) => searchEntries(ports, who, { text: 'word7 report' }),
};

/** First pages of list and search among few and many entries, on each store that there is. */
export async function benchFinding(): Promise<void> {
  for (const count of [10, 1_000, 100_000]) {
    const store = embeddedStore();
    await measure('in memory', store, count);
    await store.close();
  }
  const url = process.env.MONGODB_URL;
  if (!url) return;
  const mongo = connectMongo({ url, dbName: `bench-${randomUUID()}` });
  await migrate(mongo.db);
  for (const count of [10, 1_000, 100_000]) await measure('MongoDB', mongoStorage(mongo), count);
  await mongo.db.dropDatabase();
  await mongo.close();
}

async function measure(name: string, storage: StoragePorts, count: number): Promise<void> {
  const identity: Identity = {
    space: spaceIdSchema.parse(`bench-${randomUUID()}`),
    instanceId: 'bench' as InstanceId,
    userId: 'bench',
    grants: [{ pattern: '**', access: 'read' }],
    tokenExpiresAtMs: NOW_MS,
  };
  await fill(storage, identity.space, count);
  const ports = { ...storage, clock: { now: () => NOW_MS } };
  for (const [question, ask] of Object.entries(QUESTIONS)) {
    const times: number[] = [];
    let found = 0;
    for (let i = 0; i < SAMPLES + WARM_UP; i++) {
      const startedAt = performance.now();
      const answered = await ask(ports, identity);
      times.push(performance.now() - startedAt);
      found = answered.ok ? answered.value.entries.length : Number.NaN;
    }
    const warm = times.slice(WARM_UP);
    report(`${question}, ${name}, ${count.toLocaleString('en')}`, {
      'p50 ms': percentile(warm, 0.5),
      'p99 ms': percentile(warm, 0.99),
      found: String(found),
    });
  }
}

async function fill({ log }: StoragePorts, space: Identity['space'], count: number): Promise<void> {
  const at = { space, partition: 0 };
  const epoch = await log.open(space, 'epoch');
  let head = { seq: 0, hash: GENESIS };
  for (let from = 0; from < count; from += ENTRIES_PER_COMMIT) {
    const seq = head.seq + 1;
    const events = Array.from({ length: Math.min(ENTRIES_PER_COMMIT, count - from) }, (_, i) =>
      eventOf(from + i),
    );
    const commit: SealedCommit = seal({
      ...{ ...at, seq, epoch, author: 'bench' as InstanceId, committedAtMs: NOW_MS, events },
      mutation: { client: 'bench' as ClientId, n: seq, outcomes: [] },
      prevHash: head.hash,
    });
    const entries = events.map(({ type: _, ...version }) => {
      const entry: Entry = { ...version, partition: 0, seq };
      return { entry, loadedSeq: 0 };
    });
    await log.append({ ...at, commits: [commit], entries, settled: [] });
    head = { seq, hash: commit.hash };
  }
}

const eventOf = (n: number): MemoryEvent => ({
  type: 'created',
  key: `tasks/${n % 100}/item-${n}`,
  version: 1,
  value: { title: `report number ${n}`, text: `word${n % 500}`, state: 'open' },
  clock: { bench: 1 },
  hlc: { wallMs: NOW_MS, counter: 0 },
  author: 'bench' as InstanceId,
  tags: [...(n % 10 ? [] : ['tenth']), ...(n % 1000 ? [] : ['thousandth'])],
});
