import type { EventLog, Policies } from '@mnemon/core';
import type { Policy } from '@mnemon/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadAll, type MakeStorage, newSpace, openSpace } from './stored-history.ts';

/** Policies are there in order, for whoever loads next. */
export function policiesContract(name: string, makeStorage: MakeStorage): void {
  describe(`policies: ${name}`, () => {
    let log: EventLog;
    let policies: Policies;
    beforeAll(async () => {
      ({ log, policies } = await makeStorage());
    });

    test('are what was set last, in its order, to those who ask and to those who load', async () => {
      const at = await openSpace(log);
      expect(await policies.get(at.space)).toEqual([]);
      const first: Policy[] = [{ pattern: '$a.b/**', strategy: 'set', ttlMs: 5 }, { pattern: '**' }];
      for (const next of [first, first.toReversed(), []]) {
        expect(await policies.set(at.space, next)).toBe(true);
        expect(await policies.get(at.space)).toEqual(next);
        expect((await loadAll(log, at)).policies).toEqual(next);
      }
    });

    test("are their space's alone", async () => {
      const [at, other] = [await openSpace(log), await openSpace(log)];
      await policies.set(at.space, [{ pattern: 'a' }]);
      expect(await policies.get(other.space)).toEqual([]);
    });

    test('of a space that is not there cannot be set', async () => {
      const space = newSpace();
      expect(await policies.set(space, [{ pattern: 'a' }])).toBe(false);
      expect(await policies.get(space)).toEqual([]);
    });

    test('outlive the next opening, and a lease', async () => {
      const at = await openSpace(log);
      await policies.set(at.space, [{ pattern: 'a' }]);
      await openSpace(log, at.space);
      expect(await policies.get(at.space)).toEqual([{ pattern: 'a' }]);
    });
  });
}
