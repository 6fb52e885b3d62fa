/**
 * Does `work` for every item, at most `maxInFlight` at a time, begun in their order; answers in their order. After a
 * failure nothing more is begun, and nothing is left running when it is thrown.
 */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  maxInFlight: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const failures: unknown[] = [];
  const queue = items.entries();
  // All workers draw from the one iterator: a slow item holds up its own worker only.
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      try {
        results[index] = await work(item);
      } catch (failure) {
        failures.push(failure);
      }
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(maxInFlight, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
