import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHAIN_START, type ConflictRecord, type PartitionId, Unavailable, verifyChain } from '@mnemon/core';
import type { InstanceId } from '@mnemon/protocol';
import {
  appendOf,
  loadAll,
  newSpace,
  openSpace,
  waitingBatch,
  write,
} from '@mnemon/testing/contracts/stored-history';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type EmbeddedStore, type EmbeddedStoreOptions, embeddedStore } from './embedded-store.ts';
import { encodeRecord } from './journal-record.ts';

let path: string;
let opened: EmbeddedStore[] = [];
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'mnemon-journal-'));
});
afterEach(async () => {
  for (const store of opened) await store.close();
  opened = [];
  rmSync(path, { recursive: true });
});

const open = (options: EmbeddedStoreOptions = {}): EmbeddedStore => {
  const store = embeddedStore({ path, ...options });
  opened.push(store);
  return store;
};
const journalPath = () => join(path, 'journal.ndjson');
const everything = async ({ log, inbox, lifetimes, nodes }: EmbeddedStore, at: PartitionId) => ({
  head: await log.head(at.space),
  commits: await log.commits({ ...at, afterSeq: 0, limit: 10_000 }),
  entries: await log.entries({ ...at, afterKey: undefined, limit: 10_000 }),
  newestEntrySeq: await log.newestEntrySeq(at),
  inbox: await inbox.list(at, 1000),
  expired: await lifetimes.expired({ untilMs: 2e12, limit: 10 }),
  tombstones: (await log.countEntries(at)).tombstones,
  nodes: await nodes.list(at.space),
});
/** A conflict with the stored value of `author`, resolved at once. */
const recordOf = (at: PartitionId, index: number, author: InstanceId): ConflictRecord => {
  const side = { value: 1, hlc: { wallMs: 1, counter: 0 }, clock: { [author]: 1 }, author };
  const place = { id: `0.1.${index}`, ...at, seq: 1, index, atMs: 9 };
  const met = {
    key: 'k',
    type: 'concurrent-write',
    strategy: 'set',
    stored: { ...side, version: 1 },
  } as const;
  const resolvedBy = { version: 2, atMs: 9 };
  return { ...place, ...met, arrived: side, outcome: 'arrived', version: 2, status: 'resolved', resolvedBy };
};

/** A store in which everything there is has happened. */
const fill = async (store: EmbeddedStore): Promise<PartitionId> => {
  const at = await openSpace(store.log);
  const [one, two, three] = [1, 2, 3].map(() => waitingBatch(at.space));
  if (!one || !two || !three) throw new Error('three were made');
  for (const batch of [one, two, three]) await store.inbox.put(at, batch);
  await write(
    store.log,
    at,
    [
      {
        values: [
          ['a', 'ü\n"😀'],
          ['b', 1],
        ],
      },
      { values: [['a', 2]] },
    ],
    [one.batch],
  );
  await write(store.log, at, [
    {
      values: [
        ['b', undefined],
        ['c/$set', { '': null }],
      ],
    },
  ]);
  await write(store.log, at, [{ values: [['gone', 1, { expiresAtMs: 1_750_000_000_000 }]] }]);
  await write(store.log, at, [{ values: [['gone', undefined]] }]);
  await store.lifetimes.forgetTombstones({ ...at, upToSeq: 5, untilMs: 2e12, limit: 1 });
  await write(store.log, at, [{ values: [['fleeting', 1, { expiresAtMs: 1_750_000_000_000 }]] }]);
  await store.inbox.remove(at, [two.batch]);
  for (const status of ['online', 'offline'] as const) {
    const lastSeenAtMs = 1_750_000_000_000;
    await store.nodes.put({
      space: at.space,
      instanceId: 'i' as InstanceId,
      connectionId: 'c',
      connectedAtMs: 1,
      userId: 'ü',
      grants: [],
      status,
      lastSeenAtMs,
    });
  }
  return at;
};

describe('a journal', () => {
  test('brings everything back, closed or not', async () => {
    const first = open();
    const at = await fill(first);
    const before = await everything(first, at);
    expect(before).toMatchObject({
      head: { seq: [6] },
      inbox: [{}],
      expired: [{ key: 'fleeting' }],
      tombstones: 1,
      nodes: [{ status: 'offline' }],
    });
    await first.close();
    expect(await everything(open(), at)).toEqual(before);
  });

  test('brings an epoch back that was renewed', async () => {
    const first = open();
    const at = await openSpace(first.log);
    const append = appendOf(at, await loadAll(first.log, at, ['k']), [{ values: [['k', 1]] }]);
    await first.log.append({ ...append, newEpoch: 'renewed' });
    await first.close();
    expect(await open().log.head(at.space)).toEqual({ epoch: 'renewed', seq: [1] });
  });

  test('brings conflicts back that were not forgotten, and counts these alone', async () => {
    const first = open({ compactAboveBytes: 1 });
    const at = await openSpace(first.log);
    const append = appendOf(at, await loadAll(first.log, at, ['k']), [{ values: [['k', 1]] }]);
    const records = ['ann', 'bob', 'cleo'].map((author, index) => recordOf(at, index, author as InstanceId));
    await first.log.append({ ...append, conflicts: records });
    const told = async ({ conflicts }: EmbeddedStore) => ({
      list: await conflicts.list(at.space, { limit: 10 }),
      stats: await conflicts.stats(at.space),
    });
    await first.conflicts.forget(at.space, { untilMs: 9, limit: 2 });
    const before = await told(first);
    expect(before.list).toEqual([records[2]]);
    await first.close();
    const second = open({ compactAboveBytes: 1 });
    expect(await told(second)).toEqual(before);
    const file = () => statSync(journalPath()).ino;
    const former = file();
    await vi.waitUntil(async () => {
      await second.policies.set(at.space, []); // only a write looks whether it is worthwhile
      return file() !== former;
    });
    await second.close();
    expect(await told(open())).toEqual(before);
  });

  test('keeps what waits from before, and how long, but not the lease', async () => {
    let nowMs = 1000;
    const first = open({ now: () => nowMs });
    const at = await openSpace(first.log);
    const waiting = waitingBatch(at.space);
    await first.inbox.put(at, waiting);
    await first.inbox.acquireLease(at, 'holder', 60_000);
    await first.close();
    nowMs += 5000;
    const second = open({ now: () => nowMs });
    expect(await second.inbox.put(at, waiting)).toEqual({ waitedMs: 5000 });
    expect(await second.inbox.acquireLease(at, 'other', 60_000)).toBe(true);
  });

  test('refuses work once it is closed', async () => {
    const store = open();
    const at = await openSpace(store.log);
    await store.close();
    await expect(store.log.head(at.space)).rejects.toThrow(Unavailable);
    await expect(store.inbox.put(at, waitingBatch(at.space))).rejects.toThrow(Unavailable);
    await expect(write(store.log, at, [{ values: [['a', 1]] }])).rejects.toThrow(Unavailable);
  });
});

describe('a torn journal', () => {
  test('cut at any byte of its last record, opens without that record and goes on', async () => {
    const store = open();
    const at = await fill(store);
    await write(store.log, at, [{ values: [['a', 'before']] }]);
    const before = await everything(store, at);
    const wholeBytes = statSync(journalPath()).size;
    await write(store.log, at, [{ values: [['a', 'torn 😀']] }]);
    await store.close();
    const whole = readFileSync(journalPath());
    for (let bytes = wholeBytes; bytes < whole.length; bytes += 29) {
      writeFileSync(journalPath(), whole.subarray(0, bytes));
      const again = open();
      expect(await everything(again, at)).toEqual(before);
      await write(again.log, at, [{ values: [['a', 'after']] }]);
      const after = await everything(again, at);
      await again.close();
      const third = open();
      expect(await everything(third, at)).toEqual(after);
      await third.close();
    }
  });

  test('cut in its first record, is empty', async () => {
    const store = open();
    await store.close();
    truncateSync(journalPath(), 10);
    expect(await open().log.head(newSpace())).toBeUndefined();
  });

  test('damaged before its end, is refused with the place, and left as it is', async () => {
    const store = open();
    const at = await fill(store);
    await store.close();
    const whole = readFileSync(journalPath());
    const lineStarts = [0, ...[...whole.keys()].filter((i) => whole[i] === 10).map((i) => i + 1)].slice(
      0,
      -1,
    );
    for (const [index, start] of lineStarts.entries()) {
      const end = lineStarts[index + 1] ?? whole.length;
      for (const offset of [start, start + 15, Math.floor((start + end) / 2), end - 3]) {
        const damaged = Buffer.from(whole);
        damaged[offset] = (damaged[offset] as number) ^ 1;
        writeFileSync(journalPath(), damaged);
        expect(() => open(), `byte ${offset} changed`).toThrow(`no valid record at byte ${start}`);
        expect(readFileSync(journalPath()).equals(damaged)).toBe(true);
      }
    }
    writeFileSync(journalPath(), whole);
    expect((await open().log.head(at.space))?.seq).toEqual([6]);
  });

  test('of another format, is refused', () => {
    writeFileSync(journalPath(), 'a diary\n');
    expect(() => open()).toThrow('no valid record at byte 0');
  });
});

/** An append that fails half-way: of its conflicts the second is none. */
const poisonous = async ({ log }: EmbeddedStore, at: PartitionId) => {
  const append = appendOf(at, await loadAll(log, at, ['key/0']), [{ values: [['key/0', 'poison']] }]);
  const record = recordOf(at, 0, 'ann' as InstanceId);
  return { ...append, conflicts: [record, { ...record, id: '0.1.1', stored: undefined } as never] };
};

describe('a record that cannot be applied', () => {
  const conflictsIn = ({ conflicts }: EmbeddedStore, at: PartitionId) =>
    conflicts.list(at.space, { limit: 10 });
  test('has not happened: not in the journal, and not by half in the state', async () => {
    const store = open();
    const at = await fill(store);
    const [before, sizeBefore] = [await everything(store, at), statSync(journalPath()).size];
    await expect(store.log.append(await poisonous(store, at))).rejects.toThrow();
    expect(statSync(journalPath()).size).toBe(sizeBefore);
    expect(await everything(store, at)).toEqual(before);
    expect(await conflictsIn(store, at)).toEqual([]);
    await write(store.log, at, [{ values: [['key/0', 'antidote']] }]);
    const after = await everything(store, at);
    await store.close();
    expect(await everything(open(), at)).toEqual(after);
  });

  test('written when the process died, is left out, for nobody was told of it', async () => {
    const store = open();
    const at = await fill(store);
    const before = await everything(store, at);
    const { conflicts } = await poisonous(store, at);
    await store.close();
    const sizeBefore = statSync(journalPath()).size;
    const rows = conflicts.map((row) => ({ id: row.id, text: JSON.stringify(row) }));
    const nothing = { commits: [], entries: [], settled: [] };
    const record = encodeRecord({ type: 'append', ...at, ...nothing, conflicts: rows });
    appendFileSync(journalPath(), record);
    const again = open();
    expect(await everything(again, at)).toEqual(before);
    expect(await conflictsIn(again, at)).toEqual([]);
    expect(statSync(journalPath()).size).toBe(sizeBefore);
    await again.close();

    // With others after it, which were acked, the journal is another's: nothing is cut off.
    appendFileSync(
      journalPath(),
      Buffer.concat([record, encodeRecord({ type: 'open', space: at.space, epoch: 'e' })]),
    );
    const size = statSync(journalPath()).size;
    expect(() => open()).toThrow();
    expect(statSync(journalPath()).size).toBe(size);
  });
});

describe('a folder', () => {
  test('that is in use is refused by name, also within one process', async () => {
    open();
    expect(() => open()).toThrow(`${path} is in use by process ${process.pid}`);
  });

  test('is free after close', async () => {
    await open().close();
    await open().close();
    expect(readdirSync(path)).toEqual(['journal.ndjson']);
  });

  test.for([
    ['a process that is gone', { pid: 2 ** 22 + 1 }],
    ['an earlier process of the same number', { pid: process.pid, startedAt: 'long ago' }],
    ['nobody', 'nonsense'],
  ] as const)('locked by %s is taken over', async ([, owner]) => {
    writeFileSync(join(path, 'lock'), JSON.stringify(owner));
    const at = await fill(open());
    expect(at.partition).toBe(0);
    expect(readdirSync(path).sort()).toEqual(['journal.ndjson', 'lock']);
    expect(JSON.parse(readFileSync(join(path, 'lock'), 'utf8')).pid).toBe(process.pid);
  });

  test('without a valid journal is not left locked', async () => {
    writeFileSync(journalPath(), 'a diary\n');
    expect(() => open()).toThrow('damaged');
    rmSync(journalPath());
    await open().close();
  });
});

describe('compaction', () => {
  const presence = async (store: EmbeddedStore, at: PartitionId, times: number) => {
    for (let i = 0; i < times; i++) {
      const who = {
        space: at.space,
        instanceId: 'i' as InstanceId,
        userId: 'u',
        grants: [],
      };
      const connection = { connectionId: 'c', connectedAtMs: 1, status: 'online' as const };
      await store.nodes.put({ ...who, ...connection, lastSeenAtMs: i });
    }
  };

  test('leaves out what is of no more use, and no commit', async () => {
    const store = open({ compactAboveBytes: 20_000 });
    const at = await fill(store);
    await presence(store, at, 500);
    await vi.waitUntil(async () => {
      await presence(store, at, 1); // only a write looks whether it is worthwhile
      return statSync(journalPath()).size < 20_000;
    });
    const before = await everything(store, at);
    await store.close();
    expect(readdirSync(path)).toEqual(['journal.ndjson']);
    const again = open();
    expect(await everything(again, at)).toEqual(before);
    expect(before.nodes).toMatchObject([{ lastSeenAtMs: 0 }]);
  });

  test('loses nothing that is written meanwhile', async () => {
    const store = open({ compactAboveBytes: 2000 });
    const at = await fill(store);
    let rewritten = 0;
    let writes = 0;
    for (let former = statSync(journalPath()).ino; rewritten < 3; writes++) {
      await presence(store, at, 50);
      await write(store.log, at, [{ values: [[`key/${writes % 100}`, writes]] }]);
      const batch = waitingBatch(at.space);
      await store.inbox.put(at, batch);
      await write(store.log, at, [{ values: [[`key/${writes % 100}`, 'settled']] }], [batch.batch]);
      await new Promise((resolve) => setImmediate(resolve));
      const file = statSync(journalPath()).ino;
      if (file !== former) rewritten++;
      former = file;
    }
    const before = await everything(store, at);
    await store.close(); // in the middle of the next one, as like as not
    const again = open();
    expect(await everything(again, at)).toEqual(before);
    expect(verifyChain(CHAIN_START, before.commits)).toMatchObject({
      intact: true,
      end: { seq: 6 + 2 * writes },
    });
  });

  test('leaves out what could not be applied meanwhile', async () => {
    const store = open({ compactAboveBytes: 20_000 });
    const at = await fill(store);
    await presence(store, at, 500); // begins to rewrite it, and has not ended
    const former = statSync(journalPath()).ino;
    await expect(store.log.append(await poisonous(store, at))).rejects.toThrow();
    await write(store.log, at, [{ values: [['key/0', 'antidote']] }]);
    await vi.waitUntil(() => statSync(journalPath()).ino !== former);
    const after = await everything(store, at);
    await store.close();
    expect(await everything(open(), at)).toEqual(after);
  });

  test('that a crash interrupted leaves the journal as it was', async () => {
    const store = open();
    const at = await fill(store);
    const before = await everything(store, at);
    await store.close();
    writeFileSync(join(path, 'journal.ndjson.next'), '["half of');
    expect(await everything(open(), at)).toEqual(before);
    expect(readdirSync(path).sort()).toEqual(['journal.ndjson', 'lock']);
  });
});
