import type { Mnemon } from '@mnemon/client';
import type { Entry, SpaceId } from '@mnemon/protocol';
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
/** Another has written the key, and the writer has not read it. */
const CONFLICTING = 'recording a conflict';
const IN_GROUP = 'in a group commit';
const AT_ONCE = 4;

const scenes = [
  ...ALONE.flatMap((call) => PHASES.map((phase) => ({ phase, call, way: 'alone' }))),
  ...ALONE.flatMap((call) => PHASES.map((phase) => ({ phase, call, way: CONFLICTING }))),
  ...IN_A_GROUP.flatMap((call) => PHASES.map((phase) => ({ phase, call, way: IN_GROUP }))),
];
type Scene = (typeof scenes)[number];

const sorted = (entries: readonly Entry[]) => entries.toSorted((a, b) => (a.key < b.key ? -1 : 1));

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
    await observer.entries();
    if (scene.way === CONFLICTING) await observer.write('key', 'first');
    else await writer.entries();
    played.set(scene, { space, writer, observer });
  }

  /** Lets the scene's writer write, and the handler die. */
  async function play(scene: Scene, of: Played): Promise<void> {
    const { space, writer } = of;
    const isGroup = scene.way === IN_GROUP;
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
    // Few at a time: handlers that run beside each other are threads of their own, and each takes its time to start.
    for (let at = 0; at < scenes.length; at += AT_ONCE) {
      await Promise.all(scenes.slice(at, at + AT_ONCE).map(prepare));
    }
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
      const merged = scene.way === CONFLICTING;
      const before = merged ? 1 : 0;
      expect(await written).toEqual({ key: 'key', version: before + 1, merged });
      const commits = await cloud.commits(space);
      expect(commits, 'applied once').toHaveLength(before + 1);
      expect(commits.at(-1)?.commit.events).toMatchObject([{ key: 'key', value: 'value' }]);
      const conflicts = await cloud.storage.conflicts.list(space, { limit: 10 });
      expect(conflicts, 'recorded once').toHaveLength(before);

      // Whoever missed the frame of the first commit notices with the second.
      await writer.write('another', 1);
      await eventually(async () => {
        const [own, seen] = await Promise.all([writer.entries(), observer.entries()]);
        expect(own).toHaveLength(2);
        expect(sorted(seen)).toEqual(sorted(own));
      });
      expect(await cloud.verify(space)).toMatchObject({ intact: true, end: { seq: before + 2 } });
      await waitForInbox(cloud, space, 0);
      await Promise.all([writer.close(), observer.close()]);
    },
  );
});
