import { randomUUID } from 'node:crypto';
import type { EventLog, Inbox, MutationId, PartitionId, WaitingBatch } from '@mnemon/core';
import type { ClientId, SpaceId } from '@mnemon/protocol';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { ODD_VALUES } from './odd-values.ts';
import {
  loadAll,
  type MakeStorage,
  newMutation,
  newSpace,
  openSpace,
  waitingBatch,
} from './stored-history.ts';

const WAIT = { timeout: 20_000, interval: 5 };
const LONG_MS = 600_000;

/** What every inbox must keep. Each test has spaces of its own and leaves rows behind. */
export function inboxContract(name: string, makeStorage: MakeStorage): void {
  describe(`inbox: ${name}`, () => {
    let inbox: Inbox;
    let log: EventLog;
    beforeAll(async () => {
      ({ inbox, log } = await makeStorage());
    });
    waitingTests(() => inbox);
    strandedTests(() => inbox);
    orderTests(() => inbox);
    leaseTests(
      () => inbox,
      () => log,
    );
  });
}

const partition = (): PartitionId => ({ space: newSpace(), partition: 0 });
const mutationOf = ({ batch: { client, n } }: WaitingBatch): MutationId => ({ client, n });
const ofOneClient = (space: SpaceId, count: number): WaitingBatch[] => {
  const { client } = newMutation();
  return Array.from({ length: count }, (_, i) => waitingBatch(space, { client, n: i + 1 }));
};

function waitingTests(inbox: () => Inbox): void {
  describe('waiting', () => {
    test('a batch comes back as it was put, whatever its values are', async () => {
      const at = partition();
      for (const value of ODD_VALUES) {
        const waiting = waitingBatch(at.space, newMutation(), value);
        expect(await inbox().put(at, waiting)).toEqual({ waitedMs: 0 });
        expect(await inbox().list(at, 10)).toEqual([JSON.parse(JSON.stringify(waiting))]);
        await inbox().remove(at, [mutationOf(waiting)]);
      }
    });

    test('an empty inbox lists nothing, and removing nothing or a stranger does nothing', async () => {
      const at = partition();
      await inbox().remove(at, []);
      await inbox().remove(at, [newMutation()]);
      expect(await inbox().list(at, 10)).toEqual([]);
    });

    test('a batch that waits already is kept as it is, and answers how long it has waited', async () => {
      const at = partition();
      const waiting = waitingBatch(at.space);
      await inbox().put(at, waiting);
      const again = { ...waiting, requestId: 'another' };
      await vi.waitUntil(async () => (await inbox().put(at, again)).waitedMs >= 20, WAIT);
      expect(await inbox().list(at, 10)).toEqual([waiting]);
    });

    test('32 concurrent puts of one batch keep one', async () => {
      const at = partition();
      const waiting = waitingBatch(at.space);
      await Promise.all(Array.from({ length: 32 }, () => inbox().put(at, waiting)));
      expect(await inbox().list(at, 100)).toEqual([waiting]);
    });

    test('remove takes out what it names and nothing else; it may come back', async () => {
      const at = partition();
      const [one, two, three] = ofOneClient(at.space, 3) as [WaitingBatch, WaitingBatch, WaitingBatch];
      for (const waiting of [one, two, three]) await inbox().put(at, waiting);
      await inbox().remove(at, [mutationOf(one), mutationOf(three), newMutation()]);
      expect(await inbox().list(at, 10)).toEqual([two]);
      expect(await inbox().put(at, three)).toEqual({ waitedMs: 0 });
      expect(await inbox().list(at, 10)).toEqual([two, three]);
    });

    test('spaces and partitions do not see each other', async () => {
      const at = partition();
      const others = [
        { space: `${at.space}:b` as SpaceId, partition: 0 },
        { space: at.space, partition: 1 },
      ];
      const mutation = newMutation();
      for (const place of [at, ...others]) await inbox().put(place, waitingBatch(place.space, mutation));
      await inbox().remove(at, [mutation]);
      expect(await inbox().list(at, 10)).toEqual([]);
      for (const place of others) {
        expect(await inbox().list(place, 10)).toEqual([waitingBatch(place.space, mutation)]);
      }
    });
  });
}

function strandedTests(inbox: () => Inbox): void {
  const own = async (places: readonly PartitionId[], waitedMs: number) => {
    const found = await inbox().stranded(waitedMs, 10_000);
    return found.filter(({ space }) => places.some((at) => at.space === space));
  };

  test('partitions in which a batch has waited for long are found, each once, and no others', async () => {
    const [busy, other, empty] = [partition(), { ...partition(), partition: 1 }, partition()];
    const places = [busy, other, empty];
    for (const waiting of ofOneClient(busy.space, 3)) await inbox().put(busy, waiting);
    await inbox().put(other, waitingBatch(other.space));
    const gone = waitingBatch(empty.space);
    await inbox().put(empty, gone);
    await inbox().remove(empty, [mutationOf(gone)]);
    expect(await own(places, LONG_MS)).toEqual([]);
    const found = await vi.waitUntil(async () => {
      const stranded = await own(places, 20);
      return stranded.length >= 2 && stranded;
    }, WAIT);
    expect(found).toHaveLength(2);
    expect(found).toEqual(expect.arrayContaining([busy, other]));
    expect(await inbox().stranded(0, 1)).toHaveLength(1);
  });
}

function orderTests(inbox: () => Inbox): void {
  describe('order', () => {
    test('who came first is listed first', async () => {
      const at = partition();
      // Named against their order, so that a store which orders by name is found out.
      const names = ['c', 'b', 'a'].map((letter) => `${letter}:${randomUUID()}` as ClientId);
      const arrivals = names.map((client) => waitingBatch(at.space, { client, n: 1 }));
      for (const waiting of arrivals) {
        // Between clients the order is that of the clock's ticks: let one pass.
        await vi.waitUntil(async () => (await inbox().put(at, waiting)).waitedMs >= 3, WAIT);
      }
      expect(await inbox().list(at, 10)).toEqual(arrivals);
      expect(await inbox().list(at, 2)).toEqual(arrivals.slice(0, 2));
    });

    test("a client's batches are in its order, however fast they come", async () => {
      const at = partition();
      const sent = ofOneClient(at.space, 30);
      for (const waiting of sent) await inbox().put(at, waiting);
      expect(await inbox().list(at, 100)).toEqual(sent);
      expect(await inbox().list(at, 12)).toEqual(sent.slice(0, 12));
    });

    test("a client's batches are in its order, even if they overtook each other on the way", async () => {
      const at = partition();
      const sent = ofOneClient(at.space, 12);
      for (const waiting of sent.toReversed()) await inbox().put(at, waiting);
      expect(await inbox().list(at, 100)).toEqual(sent);
    });

    test('of 32 clients at once none is lost, and each keeps its order', async () => {
      const at = partition();
      const clients = Array.from({ length: 32 }, () => ofOneClient(at.space, 4));
      await Promise.all(
        clients.map(async (sent) => {
          for (const waiting of sent) await inbox().put(at, waiting);
        }),
      );
      const listed = await inbox().list(at, 1000);
      expect(listed).toHaveLength(128);
      for (const sent of clients) {
        const { client } = (sent[0] as WaitingBatch).batch;
        expect(listed.filter(({ batch }) => batch.client === client)).toEqual(sent);
      }
    });
  });
}

function leaseTests(inbox: () => Inbox, log: () => EventLog): void {
  const isLeased = async (at: PartitionId) => (await loadAll(log(), at)).leased;

  describe('lease', () => {
    test('of 32 that try at once exactly one has it, again and again', async () => {
      const at = await openSpace(log());
      for (let round = 0; round < 5; round++) {
        const holders = Array.from({ length: 32 }, (_, i) => `holder-${round}-${i}`);
        const got = await Promise.all(holders.map((holder) => inbox().acquireLease(at, holder, LONG_MS)));
        expect(got.filter(Boolean)).toHaveLength(1);
        expect(await isLeased(at)).toBe(true);
        await inbox().releaseLease(at, holders[got.indexOf(true)] as string);
        expect(await isLeased(at)).toBe(false);
      }
    });

    test('its holder renews it, and nobody else takes it', async () => {
      const at = await openSpace(log());
      expect(await inbox().acquireLease(at, '$a.b', LONG_MS)).toBe(true);
      expect(await inbox().acquireLease(at, 'other', LONG_MS)).toBe(false);
      expect(await inbox().acquireLease(at, '$a.b', LONG_MS)).toBe(true);
      expect(await inbox().acquireLease(at, 'other', LONG_MS)).toBe(false);
    });

    test('it ends by itself; then another has it, and the late holder does not', async () => {
      const at = await openSpace(log());
      expect(await inbox().acquireLease(at, 'dead', 30)).toBe(true);
      await vi.waitUntil(() => inbox().acquireLease(at, 'next', LONG_MS), WAIT);
      expect(await inbox().acquireLease(at, 'dead', LONG_MS)).toBe(false);
      expect(await isLeased(at)).toBe(true);
    });

    test('one that ran out still shows, until somebody takes it over and gives it back', async () => {
      const at = await openSpace(log());
      await inbox().acquireLease(at, 'dead', 1);
      await vi.waitUntil(() => inbox().acquireLease(at, 'next', 1), WAIT);
      expect(await isLeased(at)).toBe(true);
      await inbox().releaseLease(at, 'next');
      expect(await isLeased(at)).toBe(false);
    });

    test('a lease lasts as long as its holder said last', async () => {
      const at = await openSpace(log());
      await inbox().acquireLease(at, 'holder', LONG_MS);
      expect(await inbox().acquireLease(at, 'other', LONG_MS)).toBe(false);
      await inbox().acquireLease(at, 'holder', 1);
      await vi.waitUntil(() => inbox().acquireLease(at, 'other', LONG_MS), WAIT);
    });

    test('given back by another it stays; given back twice nothing happens', async () => {
      const at = await openSpace(log());
      await inbox().releaseLease(at, 'nobody');
      await inbox().acquireLease(at, 'holder', LONG_MS);
      await inbox().releaseLease(at, 'other');
      expect(await inbox().acquireLease(at, 'other', LONG_MS)).toBe(false);
      await inbox().releaseLease(at, 'holder');
      await inbox().releaseLease(at, 'holder');
      expect(await inbox().acquireLease(at, 'other', LONG_MS)).toBe(true);
    });

    test('each partition of each space has its own', async () => {
      const at = await openSpace(log());
      const other = await openSpace(log(), `${at.space}:b` as SpaceId);
      expect(await inbox().acquireLease(at, 'a', LONG_MS)).toBe(true);
      expect(await inbox().acquireLease(other, 'b', LONG_MS)).toBe(true);
      expect(await inbox().acquireLease({ ...at, partition: 1 }, 'c', LONG_MS)).toBe(true);
      await inbox().releaseLease(other, 'b');
      expect(await isLeased(at)).toBe(true);
      expect(await isLeased(other)).toBe(false);
    });

    test('it does not stop anybody from appending or waiting', async () => {
      const at = await openSpace(log());
      await inbox().acquireLease(at, 'holder', LONG_MS);
      await inbox().put(at, waitingBatch(at.space));
      expect(await isLeased(at)).toBe(true);
      expect(await log().open(at.space, 'another')).toBe('epoch-1');
      expect(await isLeased(at)).toBe(true);
    });
  });
}
