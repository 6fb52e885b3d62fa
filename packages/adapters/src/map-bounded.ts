/** Does `work` for every item, at most `maxInFlight` at a time, begun in their order; answers in their order. */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  maxInFlight: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const queue = items.entries();
  // All workers draw from the one iterator: a slow item holds up its own worker only.
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(maxInFlight, items.length) }, worker));
  return results;
}
