import { type Answered, type Identity, listEntries, type StoragePorts, searchEntries } from '@mnemon/core';
import type { FoundPage, MemoryEvent, SpaceId } from '@mnemon/protocol';
import { percentile, report } from './figures.ts';
import { type FilledStore, type Filling, onEachStore } from './filled-stores.ts';
import { AUTHOR, NOW_MS, newLog, newSpace } from './new-log.ts';

const SIZES = [10, 1_000, 100_000];
const SAMPLES = 40;
const WARM_UP = 5;
const ENTRIES_PER_COMMIT = 100;
const PAGE = 100;

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
  const spaces = SIZES.map((size) => ({ size, space: newSpace() }));
  await onEachStore(
    async (filling) => {
      for (const { size, space } of spaces) await fill(filling, space, size);
    },
    async (store) => {
      for (const { size, space } of spaces) await measure(store, space, size);
    },
  );
}

async function measure({ name, storage, db }: FilledStore, space: SpaceId, size: number): Promise<void> {
  const identity: Identity = {
    space,
    instanceId: AUTHOR,
    userId: 'bench',
    grants: [{ pattern: '**', access: 'read' }],
    tokenExpiresAtMs: NOW_MS,
  };
  const ports = { ...storage, clock: { now: () => NOW_MS } };
  const rows = db?.collection<{ _id: string }>('memory_entries');
  /** As many texts by the index in which they lie in order, and nothing else. */
  const bareFind = async () => {
    const range = { _id: { $gt: `${space}/0/`, $lt: `${space}/00` } };
    await rows
      ?.find(range, { projection: { text: 1 } })
      .sort({ _id: 1 })
      .limit(PAGE)
      .toArray();
  };
  for (const [question, ask] of Object.entries(QUESTIONS)) {
    const [times, floor]: [number[], number[]] = [[], []];
    let found = 0;
    for (let i = 0; i < SAMPLES + WARM_UP; i++) {
      const startedAt = performance.now();
      const answered = await ask(ports, identity);
      const answeredAt = performance.now();
      await bareFind();
      times.push(answeredAt - startedAt);
      floor.push(performance.now() - answeredAt);
      found = answered.ok ? answered.value.entries.length : Number.NaN;
    }
    const warm = times.slice(WARM_UP);
    report(`${question}, ${name}, ${size.toLocaleString('en')}`, {
      'p50 ms': percentile(warm, 0.5),
      'p99 ms': percentile(warm, 0.99),
      'first ms': times[0] ?? Number.NaN,
      ...(rows && { 'a bare find, p50 ms': percentile(floor.slice(WARM_UP), 0.5) }),
      found: String(found),
    });
  }
}

async function fill(filling: Filling, space: SpaceId, size: number): Promise<void> {
  const log = await newLog(filling, space);
  for (let from = 0; from < size; from += ENTRIES_PER_COMMIT) {
    const length = Math.min(ENTRIES_PER_COMMIT, size - from);
    await log.append(Array.from({ length }, (_, i) => eventOf(from + i)));
  }
}

const eventOf = (n: number): MemoryEvent => ({
  type: 'created',
  key: `tasks/${n % 100}/item-${n}`,
  version: 1,
  value: { title: `report number ${n}`, text: `word${n % 500}`, state: 'open' },
  clock: { [AUTHOR]: 1 },
  hlc: { wallMs: NOW_MS, counter: 0 },
  author: AUTHOR,
  tags: [...(n % 10 ? [] : ['tenth']), ...(n % 1000 ? [] : ['thousandth'])],
});
