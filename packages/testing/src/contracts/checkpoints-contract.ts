import type { Checkpoint, Checkpoints } from '@mnemon/core';
import type { InstanceId, SpaceId } from '@mnemon/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { type MakeStorage, newSpace } from './stored-history.ts';

/** What every store of checkpoints must keep. Each test has spaces of its own and leaves rows behind. */
export function checkpointsContract(name: string, makeStorage: MakeStorage): void {
  describe(`checkpoints: ${name}`, () => {
    let checkpoints: Checkpoints;
    beforeAll(async () => {
      ({ checkpoints } = await makeStorage());
    });

    test('a checkpoint comes back as it was put; a space without any lists none', async () => {
      const made = checkpoint();
      await checkpoints.put(made);
      expect(await checkpoints.list(made.space)).toEqual([made]);
      expect(await checkpoints.list(newSpace())).toEqual([]);
    });

    test('the latest put of an instance wins, also of two at once', async () => {
      const first = checkpoint();
      const second = { ...first, cursor: { epoch: 'e', seq: [9] }, atMs: first.atMs + 1 };
      await checkpoints.put(first);
      await checkpoints.put(second);
      expect(await checkpoints.list(first.space)).toEqual([second]);
      const puts = Array.from({ length: 16 }, (_, events) => ({ ...first, events }));
      await Promise.all(puts.map((put) => checkpoints.put(put)));
      const [last, ...others] = await checkpoints.list(first.space);
      expect(others).toEqual([]);
      expect(puts).toContainEqual(last);
    });

    test('spaces do not see each other, also when one name begins with the other', async () => {
      const short = checkpoint();
      const long = checkpoint({ space: `${short.space}:b` as SpaceId });
      await Promise.all([checkpoints.put(short), checkpoints.put(long)]);
      expect(await checkpoints.list(short.space)).toEqual([short]);
      expect(await checkpoints.list(long.space)).toEqual([long]);
    });
  });
}

const checkpoint = (fields: Partial<Checkpoint> = {}): Checkpoint => ({
  space: newSpace(),
  instanceId: 'agent-7' as InstanceId,
  cursor: { epoch: 'e', seq: [7] },
  events: 12,
  clock: { wallMs: 1_750_000_000_000, counter: 3 },
  atMs: 1_750_000_000_000,
  ...fields,
});
