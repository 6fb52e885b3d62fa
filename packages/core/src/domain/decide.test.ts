import { compare, compareTimes, type Entry, type HybridTime, LIMITS, type Op } from '@mnemon/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, evolve } from './decide.ts';
import { isLater } from './strategies/later.ts';
import { del, entryAfter, NOW_MS, PLAIN, put, writer } from './writing.fixture.ts';

const time = (wallMs: number, counter = 0): HybridTime => ({ wallMs, counter });
const when = (given: Entry | undefined, op: Op, name = 'ann') => decide(given, op, writer(name), PLAIN);

describe('given a key that was never written', () => {
  test('a put creates it', () => {
    expect(when(undefined, put('tea'))).toEqual({
      outcome: { status: 'applied', version: 1 },
      event: {
        type: 'created',
        key: 'k',
        version: 1,
        value: 'tea',
        clock: { ann: 1 },
        hlc: time(NOW_MS),
        author: 'ann',
      },
    });
  });

  test('a put of null is a value like any other', () => {
    const { event } = when(undefined, put(null));
    expect(event).toMatchObject({ type: 'created', value: null });
    expect(when(evolve(event as never, 0, 1), put(1)).event).toMatchObject({ type: 'updated' });
  });

  test('a delete changes nothing, and leaves its time for a put that was written before it', () => {
    const { outcome, event } = when(undefined, del());
    expect(outcome).toEqual({ status: 'unchanged' });
    expect(event).toMatchObject({ type: 'deleted', version: 1, hlc: time(NOW_MS), author: 'ann' });
    const late = when(evolve(event as never, 0, 1), put('tea', { atMs: NOW_MS - 1 }), 'bob');
    expect(late.event).not.toHaveProperty('value');
  });

  test('what the writer claims to have seen does not enter the clock', () => {
    expect(when(undefined, put('tea', { seen: { ann: 7, bob: 9 } })).event?.clock).toEqual({ ann: 1 });
  });
});

describe('what a put says about its value', () => {
  const said = {
    tags: ['diet'],
    importance: 0.7,
    entities: ['ann'],
    relationships: [{ from: 'ann', type: 'likes', to: 'tea' }],
  };

  test('is in the version, with the time when it expires', () => {
    const { event } = when(undefined, put('tea', { ...said, ttlMs: 5_000 }));
    expect(event).toMatchObject({ ...said, expiresAtMs: NOW_MS + 5_000 });
    expect(event).not.toHaveProperty('ttlMs');
  });

  test('is gone with the next put, which is a whole version, and with a deletion', () => {
    const given = entryAfter(['ann', put('tea', { ...said, ttlMs: 5_000 })]);
    for (const op of [put('milk'), del()]) {
      for (const field of [...Object.keys(said), 'expiresAtMs']) {
        expect(when(given, op).event).not.toHaveProperty(field);
      }
    }
  });

  test('stays with the version that wins over a concurrent one', () => {
    const given = entryAfter(['ann', put('tea', said)]);
    expect(when(given, put('milk', { atMs: NOW_MS - 1 }), 'bob').event).toMatchObject(said);
    expect(when(given, put('milk', { atMs: NOW_MS + 1 }), 'bob').event).not.toHaveProperty('tags');
  });
});

describe('given an entry that the writer has seen', () => {
  const given = entryAfter(['ann', put('tea')]);
  const seen = given.clock;

  test('a put updates it', () => {
    expect(when(given, put('milk', { seen }), 'bob')).toEqual({
      outcome: { status: 'applied', version: 2 },
      event: {
        type: 'updated',
        key: 'k',
        version: 2,
        value: 'milk',
        clock: { ann: 1, bob: 1 },
        hlc: time(NOW_MS, 1),
        author: 'bob',
      },
    });
  });

  test('a delete leaves a tombstone, which has no value', () => {
    const { event, outcome } = when(given, del({ seen }), 'bob');
    expect(outcome).toEqual({ status: 'applied', version: 2 });
    expect(event).toMatchObject({ type: 'deleted', version: 2, clock: { ann: 1, bob: 1 }, author: 'bob' });
    expect(event).not.toHaveProperty('value');
  });

  test('to have seen more than there is does no harm', () => {
    const more = { ann: 5, cleo: 2 };
    expect(when(given, put('milk', { seen: more }), 'bob').event).toMatchObject({
      type: 'updated',
      clock: { ann: 1, bob: 1 },
    });
  });

  test('a writer whose clock is behind is still later than what it has seen', () => {
    const { event } = when(given, put('milk', { seen, atMs: NOW_MS - 86_400_000 }), 'bob');
    expect(event).toMatchObject({ type: 'updated', value: 'milk', hlc: time(NOW_MS, 1) });
  });
});

describe('given an entry that the writer wrote itself', () => {
  const given = entryAfter(['ann', put('tea')]);

  test('its own write counts as seen, whatever it remembers after a restart', () => {
    expect(when(given, put('milk', { seen: {} })).event).toMatchObject({
      type: 'updated',
      clock: { ann: 2 },
    });
  });

  test('an instance that is called like an inherited property is one like any other', () => {
    const own = when(undefined, put('tea'), 'constructor').event;
    expect(own?.clock).toEqual({ constructor: 1 });
    const entry = evolve(own as never, 0, 1);
    expect(when(entry, put('milk'), 'constructor').event).toMatchObject({ type: 'updated', version: 2 });
    expect(when(entry, put('milk'), 'toString').event).toMatchObject({ type: 'merged' });
  });

  test('its own write does not cover what another has written since', () => {
    const since = entryAfter(['ann', put('tea')], ['bob', put('milk', { seen: { ann: 1 } })]);
    expect(when(since, put('rum', { seen: {} })).event).toMatchObject({ type: 'merged' });
  });
});

describe('given an entry that was written concurrently', () => {
  const given = entryAfter(['ann', put('tea', { atMs: NOW_MS - 50 })]);

  test('the later write wins: the new one', () => {
    expect(when(given, put('milk', { atMs: NOW_MS - 40 }), 'bob')).toMatchObject({
      outcome: { status: 'merged', version: 2 },
      event: {
        type: 'merged',
        key: 'k',
        version: 2,
        value: 'milk',
        clock: { ann: 1, bob: 1 },
        hlc: time(NOW_MS - 40),
        author: 'bob',
      },
    });
  });

  test('the later write wins: the old one, and the clock says that both are known', () => {
    expect(when(given, put('milk', { atMs: NOW_MS - 60 }), 'bob')).toMatchObject({
      outcome: { status: 'merged', version: 2 },
      event: {
        type: 'merged',
        key: 'k',
        version: 2,
        value: 'tea',
        clock: { ann: 1, bob: 1 },
        hlc: time(NOW_MS - 50),
        author: 'ann',
      },
    });
  });

  test('the counter decides within a millisecond', () => {
    expect(when(given, put('milk', { atMs: NOW_MS - 50, counter: 1 }), 'Abe').event?.value).toBe('milk');
  });

  test('of two writes at the same time the greater instance id wins', () => {
    const same = { atMs: NOW_MS - 50 };
    expect(when(given, put('milk', same), 'bob').event).toMatchObject({ value: 'milk', author: 'bob' });
    expect(when(given, put('milk', same), 'abe').event).toMatchObject({ value: 'tea', author: 'ann' });
  });

  test('a later delete wins over a put, and an earlier one loses', () => {
    const later = when(given, del({ atMs: NOW_MS - 40 }), 'bob').event;
    expect(later).toMatchObject({ type: 'merged', author: 'bob' });
    expect(later).not.toHaveProperty('value');
    expect(when(given, del({ atMs: NOW_MS - 60 }), 'bob').event).toMatchObject({
      type: 'merged',
      value: 'tea',
    });
  });

  test('a clock ahead of the server wins by a minute at most', () => {
    const year9999 = put('milk', { atMs: Date.UTC(9999, 11, 31) });
    expect(when(given, year9999, 'bob').event?.hlc).toEqual(time(NOW_MS + 60_000));
    const tie = entryAfter(['ann', put('tea', { atMs: NOW_MS + 60_000, counter: 5 })]);
    expect(when(tie, year9999, 'bob').event).toMatchObject({ type: 'merged', value: 'tea' });
  });
});

describe('given a tombstone', () => {
  const given = entryAfter(['ann', put('tea')], ['ann', del()]);

  test('a put that has seen it creates the key anew, under the next version', () => {
    expect(when(given, put('milk', { seen: given.clock }), 'bob').event).toMatchObject({
      type: 'created',
      version: 3,
      value: 'milk',
      clock: { ann: 2, bob: 1 },
    });
  });

  test('a put that has seen only the former value competes with the deletion', () => {
    const early = when(given, put('milk', { seen: { ann: 1 }, atMs: NOW_MS - 1 }), 'bob');
    expect(early).toMatchObject({ outcome: { status: 'merged', version: 3 }, event: { type: 'merged' } });
    expect(early.event).not.toHaveProperty('value');
    const late = when(given, put('milk', { seen: { ann: 1 }, atMs: NOW_MS + 1 }), 'bob');
    expect(late.event).toMatchObject({ type: 'merged', value: 'milk' });
  });

  test('a later delete changes nothing but the time of the deletion, seen or not', () => {
    for (const seen of [given.clock, {}]) {
      expect(when(given, del({ seen, atMs: NOW_MS + 5 }), 'bob')).toMatchObject({
        outcome: { status: 'unchanged' },
        event: { type: 'deleted', version: 3, hlc: time(NOW_MS + 5), author: 'bob' },
      });
    }
  });

  test('an earlier delete leaves nothing at all', () => {
    expect(when(given, del({ atMs: NOW_MS - 1 }), 'bob')).toEqual({ outcome: { status: 'unchanged' } });
  });
});

describe('an expected version', () => {
  const entry = entryAfter(['ann', put('tea')], ['ann', put('milk')]);
  const tombstone = entryAfter(['ann', put('tea')], ['ann', del()]);

  test('that is the current one lets the write pass', () => {
    const op = put('rum', { expectedVersion: 2, seen: entry.clock });
    expect(when(entry, op, 'bob').outcome).toEqual({ status: 'applied', version: 3 });
  });

  test.each([0, 1, 3])('of %i is refused at version 2, and the answer holds the entry', (expectedVersion) => {
    expect(when(entry, put('rum', { expectedVersion, seen: entry.clock }))).toEqual({
      outcome: { status: 'refused', code: 'conflict', message: 'the entry is at version 2', current: entry },
    });
  });

  test('of 0 means a key that does not exist', () => {
    expect(when(undefined, put('rum', { expectedVersion: 0 })).event).toMatchObject({
      type: 'created',
      version: 1,
    });
    expect(when(tombstone, put('rum', { expectedVersion: 0 })).event).toMatchObject({
      type: 'created',
      version: 3,
    });
  });

  test('is refused for a key that does not exist, and there is no entry to show', () => {
    const refused = { status: 'refused', code: 'conflict', message: 'the entry is at version 0' };
    expect(when(undefined, put('rum', { expectedVersion: 1 }))).toEqual({ outcome: refused });
    expect(when(tombstone, put('rum', { expectedVersion: 2 }))).toEqual({ outcome: refused });
    expect(when(tombstone, del({ expectedVersion: 2 }))).toEqual({ outcome: refused });
  });

  test('says by itself that the writer has seen the version', () => {
    expect(when(entry, put('rum', { expectedVersion: 2 }), 'bob')).toMatchObject({
      outcome: { status: 'applied', version: 3 },
      event: { type: 'updated', value: 'rum' },
    });
  });

  test('guards a delete as well', () => {
    expect(when(entry, del({ expectedVersion: 1 })).outcome).toMatchObject({ code: 'conflict' });
    expect(when(entry, del({ expectedVersion: 2 })).event).toMatchObject({ type: 'deleted' });
  });
});

describe('refuses', () => {
  const codeOf = (op: Op, grants?: Parameters<typeof writer>[1], given?: Entry) => {
    const { outcome, event } = decide(given, op, writer('ann', grants), PLAIN);
    expect(event).toBeUndefined();
    return outcome.status === 'refused' ? outcome.code : outcome.status;
  };

  test('a key that the writer may only read, or not even that', () => {
    const grants = [
      { pattern: 'k', access: 'read' },
      { pattern: 'mine/**', access: 'write' },
    ] as const;
    expect(codeOf(put('tea'), grants)).toBe('forbidden');
    expect(codeOf(del(), grants, entryAfter(['bob', put('tea')]))).toBe('forbidden');
    expect(codeOf(put('tea', { key: 'other' }), grants)).toBe('forbidden');
    expect(
      decide(undefined, put('tea', { key: 'mine/a' }), writer('ann', grants), PLAIN).event,
    ).toBeDefined();
  });

  test('a forbidden write without telling what is there', () => {
    const given = entryAfter(['bob', put('secret')]);
    const { outcome } = decide(given, put('x', { expectedVersion: 9 }), writer('ann', []), PLAIN);
    expect(outcome).toMatchObject({ code: 'forbidden' });
    expect(JSON.stringify(outcome)).not.toContain('secret');
  });

  test('a write from before deletions are forgotten, to the millisecond', () => {
    expect(codeOf(put('tea', { atMs: NOW_MS - LIMITS.writeAgeMs - 1 }))).toBe('too-old');
    expect(codeOf(del({ atMs: 0 }))).toBe('too-old');
    expect(when(undefined, put('tea', { atMs: NOW_MS - LIMITS.writeAgeMs })).event).toBeDefined();
  });

  test('a value over 64 KB, counted in bytes of its canonical text', () => {
    const fits = 'v'.repeat(LIMITS.valueBytes - 2); // and two quotation marks
    expect(when(undefined, put(fits)).event).toBeDefined();
    expect(codeOf(put(`${fits}v`))).toBe('value-too-large');
    expect(codeOf(put('€'.repeat(LIMITS.valueBytes / 3)))).toBe('value-too-large');
    expect(codeOf(put('\u0001'.repeat(LIMITS.valueBytes / 6 + 1)))).toBe('value-too-large');
  });
});

test('a clock never has more than 64 counters, and the 65th writer is in it', () => {
  let entry: Entry | undefined;
  for (let i = 0; i < 65; i++) {
    const { event } = when(entry, put(i, { seen: entry?.clock ?? {} }), `w${i}`);
    entry = evolve(event as never, 0, i + 1);
  }
  expect(Object.keys(entry?.clock ?? {})).toHaveLength(64);
  expect(entry?.clock).toMatchObject({ w1: 1, w64: 1 });
  expect(entry?.clock.w0).toBeUndefined();
  expect(when(entry, put('x', { seen: entry?.clock ?? {} }), 'w0').event).toMatchObject({ type: 'updated' });
});

describe('always', () => {
  // A writer's hybrid clock is later than whatever it has seen: here, the base. Then the order of arrival is nothing.
  const base = entryAfter(['base', put('base', { atMs: NOW_MS - 1000 })]);
  const writes = fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('ann', 'bob', 'cleo', 'dora'),
      atMs: fc.integer({ min: NOW_MS - 999, max: NOW_MS - 996 }),
      counter: fc.nat(1),
      hasSeenBase: fc.boolean(),
    }),
    { selector: ({ name }) => name, minLength: 2 },
  );

  test('concurrent writers end with the same value, in whatever order they arrive', () => {
    const arrive = (ops: readonly (readonly [string, Op])[]) =>
      ops.reduce((entry, [name, op]) => {
        const { event } = when(entry, op, name);
        return event ? evolve(event, 0, entry.seq + 1) : entry;
      }, base);
    const winner = ({ value, hlc, author }: Entry) => ({ value, hlc, author });
    const orders = writes.chain((all) => {
      const ops = all.map(({ name, hasSeenBase, ...at }) => {
        const details = { ...at, seen: hasSeenBase ? base.clock : {} };
        return [name, name === 'dora' || name === 'cleo' ? del(details) : put(name, details)] as const;
      });
      return fc.tuple(fc.constant(ops), fc.shuffledSubarray(ops, { minLength: ops.length }));
    });
    fc.assert(
      fc.property(orders, ([one, other]) => {
        expect(winner(arrive(one))).toEqual(winner(arrive(other)));
      }),
    );
  });

  const names = fc.constantFrom('ann', 'bob', 'constructor');
  const steps = fc.array(
    fc.record({
      name: names,
      isDelete: fc.boolean(),
      seen: fc.constantFrom('nothing', 'everything', 'own'),
      aheadMs: fc.integer({ min: -100_000, max: 100_000 }),
    }),
    { maxLength: 12, size: 'max' },
  );

  test('the version grows by one, the clock strictly, and a successor is later than what it has seen', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let entry: Entry | undefined;
        for (const { name, isDelete, seen, aheadMs } of all) {
          const known = entry?.clock ?? {};
          const details = { seen: seen === 'everything' ? known : {}, atMs: NOW_MS + aheadMs };
          const { event, outcome } = when(entry, isDelete ? del(details) : put(aheadMs, details), name);
          if (!event) {
            expect(outcome.status).toBe('unchanged');
            continue;
          }
          expect(event.version).toBe((entry?.version ?? 0) + 1);
          expect(compare(event.clock, known)).toBe('after');
          if (entry) expect(isLater(event, entry) || event.type === 'merged').toBe(true);
          expect(event.hlc.wallMs).toBeLessThanOrEqual(NOW_MS + LIMITS.clockAheadMs);
          if (entry && outcome.status === 'applied')
            expect(compareTimes(event.hlc, entry.hlc)).toBeGreaterThan(0);
          if (entry && event.type === 'merged')
            expect(compareTimes(event.hlc, entry.hlc)).toBeGreaterThanOrEqual(0);
          entry = evolve(event, 0, (entry?.seq ?? 0) + 1);
        }
      }),
    );
  });

  test('nothing that it is given is changed', () => {
    const given = Object.freeze({ ...base, clock: Object.freeze({ ...base.clock }) });
    const op = Object.freeze(put('x', { seen: Object.freeze({ bob: 1 }) as Record<string, number> }));
    expect(() => when(given, op)).not.toThrow();
  });
});
