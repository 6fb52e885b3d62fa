import type { Fanout } from '@mnemon/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

/** One end of a connection, and what its gateway does to it. */
export interface FanoutRecipient {
  connectionId: string;
  /** What has arrived so far. */
  frames: readonly string[];
  /** Resolves when the server has ended the connection. */
  closed: Promise<void>;
  /** Ends the connection from this side; resolves when the gateway knows. */
  leave(): Promise<void>;
}

/** What becomes of a frame: `refuse` is a 429 or the like. A promise holds the frame until it resolves. */
export type FrameFate = 'deliver' | 'refuse';
export type OnFrame = (connectionId: string, frame: string) => FrameFate | Promise<FrameFate>;

/** A fan-out with a gateway behind it. */
export interface FanoutStage {
  fanout: Fanout;
  /** How many posts the fan-out was told to have in flight at most. */
  maxInFlight: number;
  join(): Promise<FanoutRecipient>;
  /** Decides on every frame from now on; without it all are delivered. */
  onFrame: OnFrame | undefined;
  stop(): Promise<void>;
}

/** What every fan-out must keep. */
export function fanoutContract(name: string, makeStage: () => Promise<FanoutStage>): void {
  describe(`fan-out: ${name}`, () => {
    let stage: FanoutStage;
    beforeAll(async () => {
      stage = await makeStage();
    });
    afterEach(() => {
      stage.onFrame = undefined;
    });
    afterAll(() => stage.stop());

    const joinAll = (count: number) => Promise.all(Array.from({ length: count }, () => stage.join()));
    const toEach = (recipients: readonly FanoutRecipient[], ...frames: string[]) =>
      stage.fanout.post(recipients.map(({ connectionId }) => ({ connectionId, frames })));

    describe('post', () => {
      test('a frame arrives as it was sent', async () => {
        const recipient = await stage.join();
        const frames = ['{"type":"pong"}', 'ü ✓ 𝄞 \u2028 "\\', 'x'.repeat(127 * 1024)];
        expect(await toEach([recipient], ...frames)).toEqual(['delivered']);
        await expect.poll(() => recipient.frames).toEqual(frames);
      });

      test('each connection gets its own frames, all of them in their order', async () => {
        const recipients = await joinAll(20);
        const framesOf = (n: number) => Array.from({ length: 10 }, (_, i) => `${n}: ${i}`);
        const posts = recipients.map(({ connectionId }, n) => ({ connectionId, frames: framesOf(n) }));
        expect(await stage.fanout.post(posts)).toEqual(recipients.map(() => 'delivered'));
        await expect
          .poll(() => recipients.map(({ frames }) => frames))
          .toEqual(recipients.map((_, n) => framesOf(n)));
      });

      test('one post after the other arrives in that order', async () => {
        const recipients = await joinAll(3);
        const frames = Array.from({ length: 30 }, (_, n) => `frame ${n}`);
        for (const frame of frames) await toEach(recipients, frame);
        await expect
          .poll(() => recipients.map((recipient) => recipient.frames))
          .toEqual([frames, frames, frames]);
      });

      test('nobody and nothing to post is fine', async () => {
        const recipient = await stage.join();
        expect(await stage.fanout.post([])).toEqual([]);
        expect(await toEach([recipient])).toEqual(['delivered']);
      });

      test('who has left is gone, and harms nobody', async () => {
        const [stays, leaves, also] = (await joinAll(3)) as [
          FanoutRecipient,
          FanoutRecipient,
          FanoutRecipient,
        ];
        await leaves.leave();
        expect(await toEach([stays, leaves, also], 'a', 'b')).toEqual(['delivered', 'gone', 'delivered']);
        await expect
          .poll(() => [stays.frames, also.frames])
          .toEqual([
            ['a', 'b'],
            ['a', 'b'],
          ]);
        expect(leaves.frames).toEqual([]);
      });

      test('who keeps refusing has failed, gets nothing after the refused frame, and harms nobody', async () => {
        const [slow, ...others] = (await joinAll(4)) as [FanoutRecipient, ...FanoutRecipient[]];
        stage.onFrame = (id, frame) => (id === slow.connectionId && frame === '2' ? 'refuse' : 'deliver');
        const results = await toEach([slow, ...others], '1', '2', '3');
        expect(results).toEqual(['failed', 'delivered', 'delivered', 'delivered']);
        await expect
          .poll(() => others.map(({ frames }) => frames))
          .toEqual(others.map(() => ['1', '2', '3']));
        expect(slow.frames).toEqual(['1']);
      });

      test('a slow recipient does not delay the others', async () => {
        const [slow, ...others] = (await joinAll(10)) as [FanoutRecipient, ...FanoutRecipient[]];
        const held = gate();
        stage.onFrame = (id) => (id === slow.connectionId ? held.opened : 'deliver');
        const results = toEach([slow, ...others], 'now');
        await expect.poll(() => others.map(({ frames }) => frames)).toEqual(others.map(() => ['now']));
        expect(slow.frames).toEqual([]);
        held.open();
        expect(await results).toEqual(Array(10).fill('delivered'));
      });

      test('never more than the bound are in flight, and the bound is used', async () => {
        const recipients = await joinAll(stage.maxInFlight + 8);
        const held = gate();
        let inFlight = 0;
        let most = 0;
        stage.onFrame = async (): Promise<FrameFate> => {
          most = Math.max(most, ++inFlight);
          await held.opened;
          inFlight--;
          return 'deliver';
        };
        const results = toEach(recipients, 'now');
        await expect.poll(() => inFlight).toBe(stage.maxInFlight);
        held.open();
        expect(await results).toEqual(recipients.map(() => 'delivered'));
        expect(most).toBe(stage.maxInFlight);
      });

      test('200 recipients get 5 frames each', async () => {
        const recipients = await joinAll(200);
        const frames = ['1', '2', '3', '4', '5'];
        expect(await toEach(recipients, ...frames)).toEqual(Array(200).fill('delivered'));
        await expect.poll(() => recipients.every((recipient) => recipient.frames.length === 5)).toBe(true);
        for (const recipient of recipients) expect(recipient.frames).toEqual(frames);
      });
    });

    describe('close', () => {
      test('ends the connection, after what was posted before', async () => {
        const recipient = await stage.join();
        await toEach([recipient], 'goodbye');
        await stage.fanout.close(recipient.connectionId);
        await recipient.closed;
        expect(recipient.frames).toEqual(['goodbye']);
        expect(await toEach([recipient], 'too late')).toEqual(['gone']);
      });

      test('nothing happens when it is gone, or closed twice', async () => {
        const [left, closed] = (await joinAll(2)) as [FanoutRecipient, FanoutRecipient];
        await left.leave();
        await stage.fanout.close(left.connectionId);
        await stage.fanout.close(closed.connectionId);
        await stage.fanout.close(closed.connectionId);
      });
    });
  });
}

/** A promise that the test resolves. */
function gate() {
  let open = (): void => {};
  const opened = new Promise<FrameFate>((resolve) => {
    open = () => resolve('deliver');
  });
  return { open, opened };
}
