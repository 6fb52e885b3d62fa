import type { Mnemon } from '@mnemon/client';
import { seededRandom } from '@mnemon/testing/seeded-random';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const INSTANCES = 50;
const ROUNDS = 6;
const KEYS = 25;

describe.each(engines)('convergence, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  const byKey = async (instance: Mnemon) =>
    new Map((await instance.entries()).map((entry) => [entry.key, entry]));

  test('50 instances that write and delete at random end with the same state, and so does a latecomer', async () => {
    const space = cloud.newSpace();
    const ids = Array.from({ length: INSTANCES }, (_, i) => `instance-${i}`);
    const instances = await Promise.all(ids.map((id) => cloud.connect(space, id)));
    await Promise.all(instances.map((instance) => instance.entries()));

    const scramble = async (instance: Mnemon, seed: number) => {
      const random = seededRandom(seed);
      for (let round = 0; round < ROUNDS; round++) {
        const key = `keys/${Math.floor(random() * KEYS)}`;
        if (random() < 0.25) await instance.delete(key);
        else await instance.write(key, { seed, round });
      }
    };
    await Promise.all(instances.map(scramble));

    const verdict = await cloud.verify(space);
    expect(verdict).toMatchObject({ intact: true });
    const head = await cloud.log.head(space);
    const truth = await cloud.log.entries({ space, partition: 0, afterKey: undefined, limit: KEYS + 1 });
    const expected = new Map(truth.map((entry) => [entry.key, entry]));
    expect(expected.size).toBeGreaterThan(KEYS / 2);
    const late = await cloud.connect(space, 'latecomer');
    await eventually(async () => {
      for (const instance of [...instances, late]) {
        expect(await byKey(instance)).toEqual(expected);
        expect(instance.status.cursor).toEqual(head);
      }
    });
    await Promise.all([...instances, late].map((instance) => instance.close()));
  });

  test('the version of a key counts every change of it, whoever made it', async () => {
    const space = cloud.newSpace();
    const [a, b] = await Promise.all([cloud.connect(space, 'a'), cloud.connect(space, 'b')]);
    await Promise.all([a.entries(), b.entries()]);
    const writes = [a, b].flatMap((instance) =>
      Array.from({ length: 10 }, (_, i) => instance.write('key', i).then(() => instance.flush())),
    );
    await Promise.all(writes);
    const events = (await cloud.commits(space)).flatMap(({ commit }) => commit.events);
    expect(events.map(({ version }) => version)).toEqual(events.map((_, i) => i + 1));
    await Promise.all([a.close(), b.close()]);
  });
});
