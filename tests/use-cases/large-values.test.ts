import { expireEntries, history, type Ports, readWholeEntry, writeBatch } from '@mnemon/core';
import type { Batch, Entry, JsonValue, Strategy } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { canonicalText, hashOf } from '../../packages/core/src/domain/commit.ts';
import { answerOf } from '../answer-of.ts';
import { atEachDeath } from './dying-ports.ts';
import { alwaysLeased } from './stopped-ports.ts';
import {
  AT,
  attach,
  batchOf,
  deliveriesTo,
  join,
  makeWorld,
  put,
  send,
  type World,
  writeAlone,
} from './world.ts';

const pause = async () => {};
const text = (letter: string) => letter.repeat(66 * 1024);
const largeOf = (value: JsonValue) => {
  const canonical = canonicalText(value);
  return { sizeBytes: canonical.length, hash: hashOf(canonical) };
};

async function write(world: World, name: string, batch: Batch, ports: Ports = world.ports) {
  return answerOf(await writeBatch(ports, pause, attach(world, name).caller, batch));
}

async function entryOf(world: World, key: string): Promise<Entry | undefined> {
  return (await world.ports.log.load({ ...AT, keys: [key], mutations: [] }))?.entries.get(key);
}

const whole = (world: World, key: string) => readWholeEntry(world.ports, attach(world, 'ann').caller, key);

describe('a large value', () => {
  test('is written; subscribers, log and bus get its size and hash', async () => {
    const world = makeWorld();
    const reader = await join(world, 'reader');
    const ack = await write(world, 'ann', batchOf(put(world, 'docs/1', text('a'))));
    expect(ack).toMatchObject({ outcomes: [{ status: 'applied', version: 1 }], commit: { seq: 1 } });
    const shown = { key: 'docs/1', value: null, large: largeOf(text('a')) };
    expect(deliveriesTo(reader)[0]?.events).toMatchObject([shown]);
    expect(world.told[0]?.events).toMatchObject([shown]);
    expect(await entryOf(world, 'docs/1')).toMatchObject(shown);
    const [sealed] = await world.ports.log.commits({ ...AT, afterSeq: 0, limit: 1 });
    expect(sealed?.text).toContain(largeOf(text('a')).hash); // I2: covered by the chain
    expect(await whole(world, 'docs/1')).toMatchObject({ ok: true, value: { value: text('a') } });
  });

  test('that waits for others is committed with them', async () => {
    const world = makeWorld();
    await writeAlone(world, 'bob', put(world, 'a', 1));
    const ack = await write(
      world,
      'ann',
      batchOf(put(world, 'docs/1', text('a'))),
      alwaysLeased(world.ports),
    );
    expect(ack).toMatchObject({ commit: { seq: 2 } });
    expect(await whole(world, 'docs/1')).toMatchObject({ ok: true, value: { value: text('a') } });
  });

  test('has a history: each version names its own value', async () => {
    const world = makeWorld();
    await write(world, 'ann', batchOf(put(world, 'docs/1', text('a'))));
    await write(world, 'ann', batchOf(put(world, 'docs/1', text('b'))));
    await writeAlone(world, 'ann', put(world, 'docs/1', 'short'));
    const page = answerOf(await history(world.ports, attach(world, 'ann').caller, { key: 'docs/1' }));
    expect(page.versions.map(({ event }) => event.large)).toEqual([
      undefined,
      largeOf(text('b')),
      largeOf(text('a')),
    ]);
    expect(page.versions[1]?.patch).toEqual([
      { op: 'replace', path: '/large/hash', value: largeOf(text('b')).hash },
    ]);
  });

  test('expires like any', async () => {
    const world = makeWorld();
    await write(world, 'ann', batchOf({ ...put(world, 'docs/1', text('a')), ttlMs: 1_000 } as never));
    world.pass(1_000);
    expect(await whole(world, 'docs/1')).toMatchObject({ ok: false, error: { code: 'not-found' } });
    await expireEntries(world.ports);
    const entry = await entryOf(world, 'docs/1');
    expect([entry?.version, entry?.value, entry?.large]).toEqual([2, undefined, undefined]);
  });

  test('whose writer lacks the grant leaves nothing behind', async () => {
    const world = makeWorld();
    const stranger = attach(world, 'eve', { grants: [{ pattern: '**', access: 'read' }] }).caller;
    const answered = await writeBatch(world.ports, pause, stranger, batchOf(put(world, 'docs/1', text('a'))));
    expect(answered).toMatchObject({ ok: true, value: { outcomes: [{ code: 'forbidden' }] } });
    expect(await world.ports.values.aged(AT, { untilMs: world.now(), limit: 10 })).toEqual([]);
  });

  test('cannot be named by who writes over a connection', async () => {
    const world = makeWorld();
    await write(world, 'ann', batchOf(put(world, 'docs/1', text('a'))));
    const ann = await join(world, 'ann');
    await send(world, ann, batchOf(put(world, 'docs/2', text('a'))));
    expect(await entryOf(world, 'docs/2')).toBeUndefined();
  });
});

describe('where writes meet', () => {
  const CHOOSING: Strategy[] = ['last-write-wins', 'importance', 'vector-clock'];
  const MERGING: Strategy[] = [
    'array-merge',
    'object-merge',
    'max-value',
    'merge-all',
    'counter',
    'set',
    'custom',
  ];
  const by = (strategy: Strategy) => ({ strategy });

  test.each(CHOOSING)('%s takes one of them as it is, and records both', async (strategy) => {
    const world = makeWorld();
    await write(world, 'ann', batchOf(put(world, 'docs/1', text('a'))));
    world.pass(1);
    const ack = await write(world, 'bob', batchOf({ ...put(world, 'docs/1', text('b')), ...by(strategy) }));
    expect(ack.outcomes).toEqual([{ status: 'merged', version: 2 }]);
    expect(await whole(world, 'docs/1')).toMatchObject({ ok: true, value: { value: text('b') } });
    const [record] = await world.ports.conflicts.list(AT.space, { limit: 1 });
    expect(record).toMatchObject({
      stored: { large: largeOf(text('a')) },
      arrived: { large: largeOf(text('b')) },
      outcome: 'arrived',
    });
  });

  test.each(MERGING)('%s does not take a large value, met or not', async (strategy) => {
    const world = makeWorld();
    const batch = batchOf({ ...put(world, 'docs/1', text('a')), ...by(strategy) });
    expect((await write(world, 'ann', batch)).outcomes).toMatchObject([{ code: 'value-too-large' }]);
    await world.ports.policies.set(AT.space, [{ pattern: 'docs/*', strategy }]);
    const other = batchOf(put(world, 'docs/1', text('a')));
    expect((await write(world, 'ann', other)).outcomes).toMatchObject([{ code: 'value-too-large' }]);
    expect(await entryOf(world, 'docs/1')).toBeUndefined();
  });

  test.each(MERGING)(
    'of a large value with a small one by %s the later stays, and the record says why',
    async (strategy) => {
      const world = makeWorld();
      await write(world, 'ann', batchOf(put(world, 'docs/1', text('a'))));
      world.pass(1);
      await writeAlone(world, 'bob', { ...put(world, 'docs/1', { small: true }), ...by(strategy) });
      expect(await entryOf(world, 'docs/1')).toMatchObject({ value: { small: true }, version: 2 });
      expect((await entryOf(world, 'docs/1'))?.large).toBeUndefined();
      const [record] = await world.ports.conflicts.list(AT.space, { limit: 1 });
      expect(record).toMatchObject({ type: 'too-large', outcome: 'arrived' });
    },
  );

  test('a change is refused: there is nothing that counts or holds items', async () => {
    const world = makeWorld();
    await write(world, 'ann', batchOf(put(world, 'docs/1', text('a'))));
    const { value: _, ...rest } = put(world, 'docs/1', 0) as Extract<Batch['ops'][number], { op: 'put' }>;
    for (const change of [
      { ...rest, op: 'increment' as const, by: 1 },
      { ...rest, op: 'change-set' as const, add: [1] },
    ]) {
      expect((await write(world, 'ann', batchOf(change))).outcomes).toMatchObject([{ code: 'bad-value' }]);
    }
  });
});

test('wherever the handler dies, what can be read is whole, and the retry gets the one answer (I1, I6)', async () => {
  const batch = { ...batchOf(), resend: true };
  const deaths = await atEachDeath(
    async () => makeWorld(),
    (world, ports) => write(world, 'ann', { ...batch, ops: [put(world, 'docs/1', text('a'))] }, ports),
    async (world) => {
      const before = await entryOf(world, 'docs/1');
      const read = await whole(world, 'docs/1');
      expect(read.ok ? read.value.value : read.error.code).toBe(before ? text('a') : 'not-found');
      const ack = await write(world, 'ann', { ...batch, ops: [put(world, 'docs/1', text('a'))] });
      expect(ack).toMatchObject({ commit: { seq: 1 }, outcomes: [{ status: 'applied', version: 1 }] });
      expect(await whole(world, 'docs/1')).toMatchObject({ ok: true, value: { value: text('a') } });
      expect(await world.ports.log.head(AT.space)).toMatchObject({ seq: [1] });
    },
  );
  expect(deaths).toBeGreaterThan(3);
});
