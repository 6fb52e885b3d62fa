import { connectMongo, type Mongo, mongoStorage } from '@mnemon/adapters/mongo';
import { type EventLog, type Inbox, type PartitionId, Unavailable } from '@mnemon/core';
import {
  appendOf,
  loadAll,
  newMutation,
  openSpace,
  waitingBatch,
  write,
} from '@mnemon/testing/contracts/stored-history';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { engineUrl } from '../engines.ts';
import { useTestMongo } from '../test-mongo.ts';
import { type SeveredProxy, severedProxy } from './severed-proxy.ts';

describe.runIf(engineUrl('MongoDB'))('MongoDB behind a network that fails', () => {
  const direct = useTestMongo();
  let proxy: SeveredProxy;
  let severed: Mongo;
  let log: EventLog;
  let truth: EventLog;
  let inbox: Inbox;
  let at: PartitionId;

  beforeAll(() => {
    ({ log: truth, inbox } = mongoStorage(direct));
  });
  beforeEach(async () => {
    const { hostname, port } = await primaryOf(direct);
    proxy = await severedProxy({ host: hostname, port: Number(port) });
    severed = connectMongo({ url: proxy.url, dbName: direct.db.databaseName });
    log = mongoStorage(severed).log;
    at = await openSpace(truth);
    await write(log, at, [{ values: [['a', 'before']] }]);
  });
  afterEach(async () => {
    await severed.close();
    await proxy.close();
  });
  const value = async () => (await loadAll(truth, at, ['a'])).entries.get('a')?.value;

  test.for(['before', 'after'] as const)(
    'a connection lost just %s the commit was carried out: the answer is the truth',
    async (when) => {
      proxy.cutAt('commitTransaction', when);
      expect(await write(log, at, [{ values: [['a', 'committed']] }])).toBe('committed');
      expect(await truth.head(at.space)).toMatchObject({ seq: [2] });
      expect(await value()).toBe('committed');
    },
  );

  test('and lost again when the driver asks once more: the log is asked', async () => {
    proxy.cutAt('commitTransaction', 'after', () => proxy.cutAt('commitTransaction', 'before'));
    expect(await write(log, at, [{ values: [['a', 'committed']] }])).toBe('committed');
    expect(await value()).toBe('committed');
  });

  test('the database gone just after the commit: nobody knows, and the resend finds it', async () => {
    const mutation = newMutation();
    const append = appendOf(at, await loadAll(log, at, ['a']), [{ values: [['a', 'committed']], mutation }]);
    proxy.cutAt('commitTransaction', 'after', () => proxy.down());
    await expect(log.append(append)).rejects.toThrow(Unavailable);
    proxy.up();
    const { answered, head } = await loadAll(log, at, [], [mutation]);
    expect(head.seq).toBe(2);
    expect(answered).toEqual(append.commits);
  });

  // Named after what only that command carries.
  test.for(['documents', 'updates', 'deletes'])(
    'a connection lost in the middle, at %s, leaves nothing',
    async (word) => {
      const waiting = waitingBatch(at.space);
      await inbox.put(at, waiting);
      const { client, n } = waiting.batch;
      const append = async () => write(log, at, [{ values: [['a', 'after']] }], [{ client, n }]);
      for (const when of ['before', 'after'] as const) {
        proxy.cutAt(word, when);
        await expect(append()).rejects.toThrow(Unavailable);
        expect(await truth.head(at.space)).toMatchObject({ seq: [1] });
        expect(await value()).toBe('before');
        expect(await inbox.list(at, 10)).toEqual([waiting]);
      }
      expect(await append()).toBe('committed');
      expect(await inbox.list(at, 10)).toEqual([]);
    },
  );

  test('a lost connection is no obstacle to reading', async () => {
    proxy.cutAt('find', 'before');
    expect(await log.head(at.space)).toMatchObject({ seq: [1] });
  });

  test('a database that cannot be reached is unavailable within seconds, and back when it is back', async () => {
    proxy.down();
    const startedMs = performance.now();
    await expect(log.head(at.space)).rejects.toThrow(Unavailable);
    expect(performance.now() - startedMs).toBeLessThan(8000);
    await expect(write(log, at, [{ values: [['a', 1]] }])).rejects.toThrow(Unavailable);
    proxy.up();
    expect(await log.head(at.space)).toMatchObject({ seq: [1] });
  });

  test('what is no failure of the network is not called one', async () => {
    const entry = { key: 'a', value: Number.NaN } as never;
    const append = appendOf(at, await loadAll(log, at, ['a']), [{ values: [['a', 1]] }]);
    const broken = log.append({ ...append, entries: [{ entry, loadedSeq: 1 }] });
    await expect(broken).rejects.not.toThrow(Unavailable);
  });
});

/** Where the server is that answers; the URL may name several. */
async function primaryOf({ db }: Pick<Mongo, 'db'>): Promise<URL> {
  const { me } = await db.admin().command({ hello: 1 });
  return new URL(`tcp://${me}`);
}
