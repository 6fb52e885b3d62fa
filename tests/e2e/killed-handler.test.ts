import type { Mnemon } from '@mnemon/client';
import type { SpaceId } from '@mnemon/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallFate } from '../../packages/local/src/lambda/lambda-host.ts';
import { createAmbush, type Phase } from './ambush.ts';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { leaveLeaseToNext, returnLease, takeLease, waitForInbox } from './lease-holder.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

/** The steps of a write in their order, and those that it takes when it has to wait its turn. */
const ALONE = ['log.load', 'log.append', 'connections.list', 'fanout.post', 'bus.publish'];
const IN_A_GROUP = ['inbox.put', 'inbox.acquireLease', 'inbox.list', ...ALONE.slice(1), 'inbox.releaseLease'];
const PHASES: Phase[] = ['before', 'after'];

const scenes = [
  ...ALONE.flatMap((call) => PHASES.map((phase) => ({ phase, call, way: 'alone' }))),
  ...IN_A_GROUP.flatMap((call) => PHASES.map((phase) => ({ phase, call, way: 'in a group commit' }))),
];
type Scene = (typeof scenes)[number];

interface Played {
  space: SpaceId;
  writer: Mnemon;
  observer: Mnemon;
  written?: Promise<unknown>;
}

describe.each(engines)('a handler is killed, on $name', ({ backends }) => {
  const ambush = createAmbush();
  const played = new Map<Scene, Played>();
  let cloud: TestCloud;

  async function prepare(scene: Scene): Promise<void> {
    const space = cloud.newSpace();
    const [writer, observer] = await Promise.all([
      cloud.connect(space, 'writer'),
      cloud.connect(space, 'observer'),
    ]);
    await Promise.all([writer.entries(), observer.entries()]);
    played.set(scene, { space, writer, observer });
  }

  /** Lets the scene's writer write, and the handler die. */
  async function play(scene: Scene, of: Played): Promise<void> {
    const { space, writer } = of;
    const isGroup = scene.way !== 'alone';
    if (isGroup) {
      await takeLease(cloud, space);
      void leaveLeaseToNext(cloud, ambush, space);
    }
    const dead = ambush.at(scene, async (): Promise<CallFate> => {
      if (isGroup) await returnLease(cloud, space);
      return 'kill';
    });
    of.written = writer.write('key', 'value');
    await dead;
  }

  beforeAll(async () => {
    cloud = await startTestCloud(backends, { hostFaults: ambush });
    await Promise.all(scenes.map(prepare));
    // One scene at a time: no second attempt comes on before all first ones are over.
    let release = () => {};
    const over = new Promise<void>((resolve) => {
      release = resolve;
    });
    cloud.gateway.faults.onMessage = async (body) => {
      if (body.includes('"resend":true')) await over;
      return undefined;
    };
    for (const [scene, of] of played) await play(scene, of);
    release();
  }, 120_000);
  afterAll(() => cloud.close());

  test.each(scenes.map((scene) => [`${scene.phase} ${scene.call}, ${scene.way}`, scene] as const))(
    '%s: the write is acked, applied once, and all converge',
    async (_, scene) => {
      const { space, writer, observer, written } = played.get(scene) as Played;
      expect(await written).toEqual({ key: 'key', version: 1, merged: false });
      const [first, ...others] = await cloud.commits(space);
      expect(others, 'applied once').toEqual([]);
      expect(first?.commit.events).toMatchObject([{ key: 'key', value: 'value' }]);

      // Whoever missed the frame of the first commit notices with the second.
      await writer.write('another', 1);
      await eventually(async () => {
        const [own, seen] = await Promise.all([writer.entries(), observer.entries()]);
        expect(own).toHaveLength(2);
        expect(seen).toEqual(own);
      });
      expect(await cloud.verify(space)).toMatchObject({ intact: true, end: { seq: 2 } });
      await waitForInbox(cloud, space, 0);
      await Promise.all([writer.close(), observer.close()]);
    },
  );
});
