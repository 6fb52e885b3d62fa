import { type Ack, type Changes, type Delivery, LIMITS, utf8Length } from '@mnemon/protocol';
import { groupBySize, splitDelivery } from './split-delivery.ts';

type Payload = Changes['payload'];

/** The `changes` frames for one reader: one as a rule, several when the limit of a frame asks for it. */
export function changesFrames(
  id: string,
  nowMs: number,
  payload: { epoch: string; commits: readonly Delivery[]; acks: readonly Ack[] },
): string[] {
  const { epoch, commits, acks } = payload;
  const frame = (deliveries: readonly Delivery[], own: readonly Ack[]): string => {
    const body: Payload = { epoch, commits: [...deliveries] };
    if (own.length > 0) body.acks = [...own];
    return JSON.stringify({ type: 'changes', id, timestamp: nowMs, payload: body } satisfies Changes);
  };
  const whole = frame(commits, acks);
  if (utf8Length(whole) <= LIMITS.frameBytes) return [whole];
  const pieces = commits.flatMap((delivery) => splitDelivery(delivery));
  return [
    ...groupBySize(pieces).map((group) => frame(group, [])),
    ...groupBySize(acks).map((group) => frame([], group)),
  ];
}
