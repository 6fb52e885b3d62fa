import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAmbush } from './ambush.ts';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { leaveLeaseToNext, takeLease, waitForInbox } from './lease-holder.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

describe.each(engines)('many writers of one space, on $name', ({ backends }) => {
  const ambush = createAmbush();
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends, { hostFaults: ambush });
  });
  afterAll(() => cloud.close());

  const connectMany = (space: ReturnType<TestCloud['newSpace']>, count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => cloud.connect(space, `writer-${i}`)));

  test('64 of one key at once: all are acked, each with a version of its own, none refused', async () => {
    const space = cloud.newSpace();
    const writers = await connectMany(space, 64);
    const written = await Promise.all(writers.map((writer, i) => writer.write('hot', i)));

    const versions = written.map(({ version }) => version).sort((a, b) => a - b);
    expect(versions).toEqual(Array.from({ length: 64 }, (_, i) => i + 1));
    const commits = await cloud.commits(space);
    expect(commits.map(({ commit }) => commit.seq)).toEqual(versions);
    expect(new Set(commits.map(({ commit }) => commit.author)).size).toBe(64);
    expect(await cloud.verify(space)).toMatchObject({ intact: true, end: { seq: 64 } });

    const [entry] = await cloud.log.entries({ space, partition: 0, afterKey: undefined, limit: 10 });
    for (const writer of writers) {
      expect(
        await writer.read('hot'),
        'own values are laid over the state only until it includes them',
      ).toBeDefined();
    }
    await eventually(async () => {
      const values = await Promise.all(writers.map((writer) => writer.read('hot')));
      expect(new Set(values)).toEqual(new Set([entry?.value]));
    });
    await Promise.all(writers.map((writer) => writer.close()));
  });

  test.each(['before', 'after'] as const)(
    'a holder of the write lease dies %s it commits: all that wait are acked, once',
    async (phase) => {
      const space = cloud.newSpace();
      const writers = await connectMany(space, 6);
      await takeLease(cloud, space);
      const tries = () => ambush.passed({ call: 'inbox.acquireLease', phase: 'after' });
      const triesBefore = tries();
      const early = writers.slice(0, 5).map((writer, i) => writer.write(`key-${i}`, i));
      await waitForInbox(cloud, space, 5);
      await eventually(() =>
        expect(tries(), 'all five found it taken').toBeGreaterThanOrEqual(triesBefore + 5),
      );

      const tried = leaveLeaseToNext(cloud, ambush, space);
      const died = ambush.at({ call: 'log.append', phase });
      const last = writers[5]?.write('key-5', 5);
      await tried;
      await died;
      const committed = (await cloud.commits(space)).length;
      if (phase === 'before') expect(committed).toBe(0);
      else expect(committed, 'all that waited').toBeGreaterThanOrEqual(5);

      for (const [i, written] of (await Promise.all([...early, last])).entries()) {
        expect(written).toEqual({ key: `key-${i}`, version: 1, merged: false });
      }
      const commits = await cloud.commits(space);
      expect(commits.map(({ commit }) => commit.author).sort(), 'each once').toEqual(
        writers.map((_, i) => `writer-${i}`),
      );
      expect(await cloud.verify(space)).toMatchObject({ intact: true });
      await waitForInbox(cloud, space, 0);
      await eventually(async () => {
        for (const writer of writers) expect(await writer.entries()).toHaveLength(6);
      });
      await Promise.all(writers.map((writer) => writer.close()));
    },
  );
});
