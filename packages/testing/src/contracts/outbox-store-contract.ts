import type { JsonValue } from '@mnemon/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

interface Store {
  recover(): readonly (readonly [id: number, record: JsonValue])[];
  save(changes: ReadonlyMap<number, JsonValue | undefined>): Promise<void>;
  close(): Promise<void>;
}

/** One place to keep an outbox in. */
export interface StorePlace {
  open(): Promise<Store>;
  /** As if the program that has it open were killed. */
  kill(): void | Promise<void>;
  remove(): void | Promise<void>;
}

/** What every store of an outbox must keep. */
export function outboxStoreContract(name: string, makePlace: () => StorePlace | Promise<StorePlace>): void {
  describe(`outbox store: ${name}`, () => {
    let place: StorePlace;
    let store: Store;
    beforeEach(async () => {
      place = await makePlace();
      store = await place.open();
    });
    afterEach(async () => {
      await store.close();
      await place.remove();
    });

    const save = (changes: readonly [id: number, record?: JsonValue][]) =>
      store.save(new Map(changes.map(([id, record]) => [id, record])));
    const reopened = async () => {
      await store.close();
      store = await place.open();
      return store.recover();
    };

    test('is empty at first', () => {
      expect(store.recover()).toEqual([]);
    });

    test('has what was saved, in the order of ids, the newest of each, without what was removed', async () => {
      await save([
        [10, 'ten'],
        [2, 'two'],
        [1, { a: 1 }],
      ]);
      await save([[2, 'newer']]);
      await save([[1], [3, null], [99]]);
      expect(await reopened()).toEqual([
        [2, 'newer'],
        [3, null],
        [10, 'ten'],
      ]);
      await save([[2], [3], [10]]);
      expect(await reopened()).toEqual([]);
    });

    test('makes saves in their order, though nobody waits for them', async () => {
      const saves = Array.from({ length: 50 }, (_, at) => save([[1, at], at % 2 === 0 ? [2] : [2, at]]));
      await Promise.all(saves);
      expect(await reopened()).toEqual([
        [1, 49],
        [2, 49],
      ]);
    });

    test('keeps any value exactly', async () => {
      const values: JsonValue[] = [
        'a\nb\r\n\u2028\u2029\u0000',
        '"[1]\n',
        '日本語 🦜',
        { nested: [{ '': [[]] }, 1e-7, -0.5, true, null] },
        'x'.repeat(70_000),
        '',
      ];
      await save(values.map((value, id) => [id, value]));
      expect(await reopened()).toEqual(values.map((value, id) => [id, value]));
    });

    test('is there for one at a time', async () => {
      await expect(place.open()).rejects.toMatchObject({ code: 'outbox-in-use' });
      await save([[1, 'still mine']]);
      expect(await reopened()).toEqual([[1, 'still mine']]);
    });

    test('is there for the next one when the program was killed, with all that was saved', async () => {
      await save([[1, 'kept']]);
      await place.kill();
      const next = await place.open();
      expect(next.recover()).toEqual([[1, 'kept']]);
      await next.close();
    });
  });
}
