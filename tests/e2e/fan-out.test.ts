import type { SpaceId } from '@mnemon/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { HostFaults } from '../../packages/local/src/lambda/lambda-host.ts';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const READERS = 7;
const WRITES = 12;

/** Ends every function that makes others' posts, while it is on; such a function begins with a post. */
function fanOutKiller(): HostFaults & { isOn: boolean; killed: number; handed: number } {
  const begun = new Set<string>();
  return {
    isOn: false,
    killed: 0,
    handed: 0,
    onPortCall(port, method, phase, requestId) {
      const call = `${phase} ${port}.${method}`;
      if (call === 'after relay.hand') this.handed++;
      const isFirst = !begun.has(requestId);
      begun.add(requestId);
      if (!this.isOn || !isFirst || call !== 'before fanout.post') return 'continue';
      begun.delete(requestId); // it is tried again under the same id
      this.killed++;
      return 'kill';
    },
  };
}

describe.each(engines)('posts that are many, on $name', ({ backends }) => {
  const hostFaults = fanOutKiller();
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends, { heartbeatMs: 1_000, settings: { POSTS_EACH: '3' }, hostFaults });
  });
  afterEach(() => {
    hostFaults.isOn = false;
  });
  afterAll(() => cloud.close());

  async function readersOf(space: SpaceId) {
    const names = Array.from({ length: READERS }, (_, n) => `reader-${n}`);
    const readers = await Promise.all(names.map((name) => cloud.connect(space, name)));
    const heard = readers.map(() => [] as unknown[]);
    for (const [n, reader] of readers.entries()) {
      await reader.entries();
      reader.subscribe('key', ({ value }) => heard[n]?.push(value));
    }
    return { readers, heard };
  }

  test('are made by a function of their own; the writer has its ack at once', async () => {
    const space = cloud.newSpace();
    const { readers, heard } = await readersOf(space);
    const writer = await cloud.connect(space, 'writer');
    const before = hostFaults.handed;
    await writer.write('key', 1);
    await eventually(() => expect(heard).toEqual(readers.map(() => [1])));
    expect(hostFaults.handed - before, 'parcels of three').toBe(Math.ceil(READERS / 3));
    await Promise.all([writer, ...readers].map((each) => each.close()));
  });

  test('are noticed by their readers when that function dies: nothing is lost', async () => {
    const space = cloud.newSpace();
    const { readers, heard } = await readersOf(space);
    const writer = await cloud.connect(space, 'writer');
    hostFaults.isOn = true;
    for (let n = 1; n <= WRITES; n++) await writer.write('key', n);
    await eventually(() => {
      for (const values of heard) expect(values.at(-1)).toBe(WRITES);
    });
    expect(hostFaults.killed).toBeGreaterThan(0);
    for (const values of heard)
      expect(values, 'in order').toEqual([...values].sort((a, b) => Number(a) - Number(b)));
    await Promise.all([writer, ...readers].map((each) => each.close()));
  });
});
