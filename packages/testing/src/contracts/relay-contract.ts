import { type Parcel, type Relay, Unavailable } from '@mnemon/core';
import type { SpaceId } from '@mnemon/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** A relay, and the functions behind it. */
export interface RelayStage {
  relay: Relay;
  /** What arrived so far. */
  parcels: readonly unknown[];
  /** How the next parcel fares: refused, or lost on its way. */
  fail(how: 'refuse' | 'cut'): void;
  stop(): Promise<void>;
}

/** What every relay must keep. */
export function relayContract(name: string, makeStage: () => Promise<RelayStage>): void {
  describe(`relay: ${name}`, () => {
    let stage: RelayStage;
    beforeAll(async () => {
      stage = await makeStage();
    });
    afterAll(() => stage.stop());

    test('a parcel arrives as it was handed over', async () => {
      const made = parcel('"ü" 😀 \u2028');
      await stage.relay.hand(made);
      await expect.poll(() => stage.parcels).toContainEqual(made);
    });

    test('the greatest parcel arrives', async () => {
      const made = parcel('x'.repeat(900_000));
      await stage.relay.hand(made);
      await expect.poll(() => stage.parcels).toContainEqual(made);
    });

    test('many at once all arrive', async () => {
      const made = Array.from({ length: 40 }, (_, n) => parcel(`${n} of many`));
      await Promise.all(made.map((each) => stage.relay.hand(each)));
      await expect.poll(() => stage.parcels).toEqual(expect.arrayContaining(made));
    });

    test.each(['refuse', 'cut'] as const)('when it is not taken over (%s), that is told', async (how) => {
      stage.fail(how);
      await expect(stage.relay.hand(parcel(how))).rejects.toThrow(Unavailable);
      await stage.relay.hand(parcel('after it'));
    });
  });
}

const parcel = (frame: string): Parcel => ({
  space: 'team:a' as SpaceId,
  committedAtMs: 1_750_000_000_000,
  views: [[frame, 'another']],
  posts: [{ connectionId: 'L0SM9cOFvHcCIhw=', view: 0, untilMs: 1_750_000_000_000 }],
});
