import { type Delivery, LIMITS, type MemoryEvent } from '@mnemon/protocol';

/** Room that a frame needs around its deliveries: ids, cursors, a page token that names the longest key. */
const ENVELOPE_BYTES = 4 * 1024;

export const DELIVERY_BYTES = LIMITS.frameBytes - ENVELOPE_BYTES;

export const sizeOf = (json: unknown): number => Buffer.byteLength(JSON.stringify(json));

/** The delivery, or, when it is bigger than `maxBytes`, numbered parts that are not; never an event in two pieces. */
export function splitDelivery(delivery: Delivery, maxBytes: number = DELIVERY_BYTES): Delivery[] {
  if (sizeOf(delivery) <= maxBytes) return [delivery];
  const headBytes = sizeOf({ ...delivery, events: [], part: { index: 9999, count: 9999 } });
  const parts: MemoryEvent[][] = [[]];
  let roomBytes = maxBytes - headBytes;
  for (const event of delivery.events) {
    const eventBytes = sizeOf(event) + 1;
    if (eventBytes > roomBytes && parts.at(-1)?.length) {
      parts.push([]);
      roomBytes = maxBytes - headBytes;
    }
    parts.at(-1)?.push(event);
    roomBytes -= eventBytes;
  }
  return parts.map((events, index) => ({ ...delivery, events, part: { index, count: parts.length } }));
}

/** Items in order, gathered into groups of at most `maxBytes` each; an item alone may be bigger. */
export function groupBySize<Item>(items: readonly Item[], maxBytes: number = DELIVERY_BYTES): Item[][] {
  const groups: Item[][] = [];
  let roomBytes = 0;
  for (const item of items) {
    const itemBytes = sizeOf(item) + 1;
    if (itemBytes > roomBytes || groups.length === 0) {
      groups.push([]);
      roomBytes = maxBytes;
    }
    groups.at(-1)?.push(item);
    roomBytes -= itemBytes;
  }
  return groups;
}
