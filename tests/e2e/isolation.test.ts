import { spaceIdSchema } from '@mnemon/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { batchOf, put, writeRaw } from './raw-writes.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

describe.each(engines)('two spaces, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  /** Two spaces with names as alike as can be. */
  const twoSpaces = () => {
    const ours = cloud.newSpace();
    return [ours, spaceIdSchema.parse(`${ours}.0`)] as const;
  };

  test('with the same keys and instance ids never see each other', async () => {
    const [ours, theirs] = twoSpaces();
    const [mine, other] = await Promise.all([cloud.connect(ours, 'worker'), cloud.connect(theirs, 'worker')]);
    const heard: unknown[] = [];
    await other.subscribe('**', (change) => heard.push(change)).ready;

    await mine.write('secret', 'of ours');
    await mine.write('shared/name', 'ours');
    await other.write('shared/name', 'theirs');
    await mine.delete('shared/name');

    expect(await other.entries()).toMatchObject([
      { key: 'shared/name', value: 'theirs', seq: 1, version: 1 },
    ]);
    expect(heard).toMatchObject([{ key: 'shared/name', value: 'theirs' }]);
    expect(await cloud.commits(ours)).toHaveLength(3);
    expect(await cloud.commits(theirs)).toHaveLength(1);
    const late = await cloud.connect(theirs, 'late');
    expect(await late.entries()).toHaveLength(1);
    expect(other.status.state, 'the same instance id elsewhere replaces nobody').toBe('live');
    await Promise.all([mine, other, late].map((each) => each.close()));
  });

  test('a frame that names another space is refused', async () => {
    const [ours, theirs] = twoSpaces();
    const raw = await cloud.connectRaw(ours, 'forger');
    const batch = batchOf([put('a', 1)]);
    const envelope = { type: 'write', timestamp: Date.now() };
    const forged = [
      { ...envelope, payload: { ...batch, space: theirs } },
      { ...envelope, payload: batch, space: theirs },
      { ...envelope, payload: { ...batch, ops: [{ ...put('a', 1), space: theirs }] } },
      { ...envelope, type: 'catch-up', payload: { space: theirs } },
    ];
    for (const [i, frame] of forged.entries()) {
      raw.sendText(JSON.stringify({ ...frame, id: `forged-${i}` }));
      const { payload } = await raw.next('error', ({ id }) => id === `forged-${i}`);
      expect(payload.code).toBe('bad-request');
    }
    expect(await cloud.commits(theirs)).toEqual([]);
    expect(await cloud.commits(ours)).toEqual([]);
    raw.socket.close();
  });

  test("the other's cursor, page token and batch id open nothing of the other", async () => {
    const [ours, theirs] = twoSpaces();
    const [mine, other] = await Promise.all([
      cloud.connectRaw(ours, 'mine'),
      cloud.connectRaw(theirs, 'other'),
    ]);
    const batch = batchOf([put('theirs', 1)]);
    await writeRaw(other, batch);
    const theirHead = await cloud.log.head(theirs);
    if (!theirHead) throw new Error('their space was written to');

    const { payload } = await mine.ask({ type: 'catch-up', payload: { cursor: theirHead } }, 'caught-up');
    expect(payload).toMatchObject({ recovered: false, reason: 'other-epoch', entries: [] });
    const page = Buffer.from(
      JSON.stringify({ of: 'state', cursor: { ...theirHead, seq: [0] }, reason: 'no-cursor', afterKey: 'a' }),
    ).toString('base64url');
    const paged = await mine.ask({ type: 'catch-up', payload: { page } }, 'caught-up');
    expect(paged.payload).toMatchObject({ recovered: false, entries: [] });

    const ack = await writeRaw(mine, { ...batch, ops: [put('ours', 2)], resend: true });
    expect(ack).toMatchObject({ commit: { seq: 1 }, outcomes: [{ status: 'applied', version: 1 }] });
    const events = (await cloud.commits(ours)).flatMap(({ commit }) => commit.events);
    expect(events.map(({ key }) => key)).toEqual(['ours']);
    for (const each of [mine, other]) each.socket.close();
  });
});
