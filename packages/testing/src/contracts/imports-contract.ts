import { randomUUID } from 'node:crypto';
import { GENESIS, type Manifest, type Opening, type PartitionId, type StoragePorts } from '@mnemon/core';
import { DEFAULT_RETENTION } from '@mnemon/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { appendOf, loadAll, type MakeStorage, newSpace, openSpace, write } from './stored-history.ts';

const RENEWED: Opening = { epoch: 'renewed', policies: [] };
const EMPTY = { head: { seq: 0, hash: GENESIS }, entries: new Map() };

/** What every store must keep of spaces that are being filled. Each test has spaces of its own and leaves rows behind. */
export function importsContract(name: string, makeStorage: MakeStorage): void {
  describe(`imports: ${name}`, () => {
    let storage: StoragePorts;
    beforeAll(async () => {
      storage = await makeStorage();
    });

    /** A space that an import has reserved, and filled a little. */
    const reserved = async () => {
      const at: PartitionId = { space: newSpace(), partition: 0 };
      const importId = randomUUID();
      expect(await storage.imports.reserve(at.space, importId)).toBe(true);
      expect(await storage.log.append(appendOf(at, EMPTY, [{ values: [['a', 1]] }]))).toBe('committed');
      return { at, importId };
    };

    test('a reserved space is not there for anybody', async () => {
      const { log, spaces } = storage;
      const { space, partition } = (await reserved()).at;
      await expect(log.open(space, 'e')).rejects.toMatchObject({ name: 'Unavailable' });
      expect(await log.head(space)).toBeUndefined();
      expect(await log.load({ space, partition, keys: ['a'], mutations: [] })).toBeUndefined();
      expect(await spaces.dueForUpkeep({ beforeMs: Number.MAX_SAFE_INTEGER, limit: 100_000 })).not.toContain(
        space,
      );
    });

    test('finished, it is open with all that is in it, in its epoch', async () => {
      const { log, imports } = storage;
      const { at, importId } = await reserved();
      expect(await imports.finish(at.space, importId, RENEWED)).toBe(true);
      expect(await log.open(at.space, 'other')).toBe('renewed');
      expect(await log.head(at.space)).toEqual({ epoch: 'renewed', seq: [1] });
      expect((await loadAll(log, at, ['a'])).entries.get('a')?.value).toBe(1);
      expect(await write(log, at, [{ values: [['a', 2]] }])).toBe('committed');
    });

    test('it opens with its settings', async () => {
      const { spaces, policies, imports } = storage;
      const { at, importId } = await reserved();
      const policy = { pattern: '$counts/*.x', strategy: 'counter' as const };
      await imports.finish(at.space, importId, {
        ...RENEWED,
        policies: [policy],
        retention: DEFAULT_RETENTION,
      });
      expect(await policies.get(at.space)).toEqual([policy]);
      expect(await spaces.retention(at.space)).toEqual(DEFAULT_RETENTION);
    });

    test('tells the versions that are in it', async () => {
      const { at } = await reserved();
      expect(await storage.imports.seqsOf(at.space, ['a', 'b'])).toEqual(new Map([['a', 1]]));
    });

    test('released by its import and no other, the name is free', async () => {
      const { log, imports } = storage;
      const { at, importId } = await reserved();
      while ((await imports.clear(at.space, importId, 10)) > 0);
      await imports.release(at.space, 'another');
      await expect(log.open(at.space, 'e')).rejects.toMatchObject({ name: 'Unavailable' });
      await imports.release(at.space, importId);
      expect(await log.open(at.space, 'e')).toBe('e');
    });

    test('an open space is not reserved, not cleared and not finished', async () => {
      const { log, imports } = storage;
      const at = await openSpace(log);
      await write(log, at, [{ values: [['a', 1]] }]);
      expect(await imports.reserve(at.space, 'mine')).toBe(false);
      expect(await imports.clear(at.space, 'mine', 10)).toBe(0);
      expect(await imports.finish(at.space, 'mine', RENEWED)).toBe(false);
      expect(await log.head(at.space)).toEqual({ epoch: 'epoch-1', seq: [1] });
    });

    test('the next import takes it over; the one before can neither clear nor finish it', async () => {
      const { imports } = storage;
      const { at, importId } = await reserved();
      expect(await imports.reserve(at.space, 'next')).toBe(true);
      expect(await imports.clear(at.space, importId, 10)).toBe(0);
      expect(await imports.finish(at.space, importId, RENEWED)).toBe(false);
      expect(await imports.finish(at.space, 'next', RENEWED)).toBe(true);
    });

    test('nothing is filled in by an import that another has overtaken, be the space open by then or not', async () => {
      const { log, imports, snapshots } = storage;
      const base: Manifest = {
        ...{ format: 1, seq: 4, commitHash: 'f'.repeat(64), epoch: 'e', takenAtMs: 1, attempt: 'x' },
        ...{
          counts: { entries: 0, tombstones: 0, entities: 0, relationships: 0 },
          chunks: [],
          contentHash: '',
        },
      };
      const { at, importId } = await reserved();
      while ((await imports.clear(at.space, importId, 10)) > 0);
      const entries = { ...appendOf(at, EMPTY, [{ values: [['late', 1]] }]), commits: [] };
      for (const happens of ['overtaken', 'open'] as const) {
        if (happens === 'overtaken') await imports.reserve(at.space, 'next');
        else await imports.finish(at.space, 'next', RENEWED);
        expect(await log.append({ ...entries, importId })).toBe('conflict');
        expect(await imports.beginLog(at.space, importId, base)).toBe(false);
      }
      expect(await log.entries({ ...at, afterKey: undefined, limit: 10 })).toEqual([]);
      expect([await log.floor(at), await snapshots.list(at)]).toEqual([0, []]);
      const { at: own, importId: current } = await reserved();
      while ((await imports.clear(own.space, current, 10)) > 0);
      expect(await log.append({ ...entries, ...own, importId: current })).toBe('committed');
      expect(await imports.beginLog(own.space, current, base)).toBe(true);
      expect([await log.floor(own), await snapshots.list(own)]).toEqual([4, [base]]);
    });

    test('parts of an export are kept by space, upload and number, and replaced by what is sent again', async () => {
      const { imports } = storage;
      const [space, other] = [newSpace(), newSpace()];
      const part = (number: number, upload = 'u') => ({ upload, number });
      for (const [number, text] of ['first', '{"a":"ü\n', 'second'].entries()) {
        await imports.putPart(space, part(number), text, Date.now());
      }
      await imports.putPart(space, part(0), 'again', Date.now());
      expect(await Promise.all([0, 1, 2, 3].map((number) => imports.part(space, part(number))))).toEqual([
        'again',
        '{"a":"ü\n',
        'second',
        undefined,
      ]);
      expect(await imports.part(other, part(0))).toBeUndefined();
      expect(await imports.part(space, part(0, 'v'))).toBeUndefined();
    });

    test('of a space the parts of one upload are kept, those that came last, and those of other spaces stay', async () => {
      const { imports } = storage;
      const space = newSpace();
      const longer = `${space}:b` as PartitionId['space'];
      const uploads = ['u', 'u-1', 't', 'v', 'u'];
      await imports.putPart(longer, { upload: 'u', number: 0 }, 'other', 0);
      for (const [nth, upload] of uploads.entries()) {
        for (const number of [0, 1]) await imports.putPart(space, { upload, number }, `${nth}`, Date.now());
        for (const each of new Set(uploads)) {
          const found = await Promise.all(
            [0, 1].map((number) => imports.part(space, { upload: each, number })),
          );
          const expected = each === upload ? `${nth}` : undefined;
          expect(found, `${each} after ${upload}`).toEqual([expected, expected]);
        }
      }
      expect(await imports.part(longer, { upload: 'u', number: 0 })).toBe('other');
    });

    test('clearing leaves nothing of the former, step by step, and nothing of others is touched', async () => {
      const { log, imports, snapshots } = storage;
      const { at, importId } = await reserved();
      const other = await openSpace(log, `${at.space}:b` as PartitionId['space']);
      await write(log, other, [{ values: [['a', 1]] }]);
      await snapshots.putChunk(at, { attempt: 'x', number: 0 }, '[]');
      await log.raiseFloor({ ...at, seq: 1 });
      await imports.reserve(at.space, importId); // as the next attempt does
      let steps = 0;
      while ((await imports.clear(at.space, importId, 1)) > 0) expect(++steps).toBeLessThan(100);
      expect(await log.commits({ ...at, afterSeq: 0, limit: 10 })).toEqual([]);
      expect(await log.entries({ ...at, afterKey: undefined, limit: 10 })).toEqual([]);
      expect(await log.newestEntrySeq(at)).toBe(0);
      expect(await log.floor(at)).toBe(0);
      expect(await snapshots.attempts(at)).toEqual([]);
      expect(await log.append(appendOf(at, EMPTY, [{ values: [['a', 'anew']] }]))).toBe('committed');
      expect(await log.commits({ ...other, afterSeq: 0, limit: 10 })).toHaveLength(1);
    });

    test('entries alone can be filled in, before the commits that follow them', async () => {
      const { log, imports } = storage;
      const { at, importId } = await reserved();
      while ((await imports.clear(at.space, importId, 10)) > 0);
      const whole = appendOf(at, { ...EMPTY, head: { seq: 4, hash: 'f'.repeat(64) } }, [
        { values: [['b', 1]] },
      ]);
      await log.raiseFloor({ ...at, seq: 5 });
      expect(await log.append({ ...whole, commits: [] })).toBe('committed');
      const loaded = { head: { seq: 5, hash: 'e'.repeat(64) }, entries: new Map() };
      expect(await log.append(appendOf(at, loaded, [{ values: [['c', 1]] }]))).toBe('committed');
      await imports.finish(at.space, importId, RENEWED);
      expect(await log.head(at.space)).toEqual({ epoch: 'renewed', seq: [6] });
      expect(await log.floor(at)).toBe(5);
      expect((await log.entries({ ...at, afterKey: undefined, limit: 10 })).map(({ key }) => key)).toEqual([
        'b',
        'c',
      ]);
    });
  });
}
