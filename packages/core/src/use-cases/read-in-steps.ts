import { DELIVERY_BYTES } from '../domain/split-delivery.ts';

const FIRST_STEP = 2;
const LONGEST_STEP = 200;

/**
 * Items one by one, read in steps. How large they are shows with the first few: each further step is about as many as
 * fill a page, so whoever stops when its page is full has read about one page in vain, however large items are.
 */
export async function* readInSteps<Item>(
  read: (after: Item | undefined, limit: number) => Promise<readonly Item[]>,
  bytesOf: (item: Item) => number,
): AsyncGenerator<Item, void> {
  let last: Item | undefined;
  let count = 0;
  let sizeBytes = 0;
  for (let limit = FIRST_STEP; ; limit = stepOf(sizeBytes / count)) {
    const step = await read(last, limit);
    yield* step;
    if (step.length < limit) return;
    last = step.at(-1);
    count += step.length;
    for (const item of step) sizeBytes += bytesOf(item);
  }
}

const stepOf = (meanBytes: number): number =>
  Math.max(1, Math.min(LONGEST_STEP, Math.floor(DELIVERY_BYTES / meanBytes)));
