/** Does `work` for each of them, a few at once, and answers what came of it. What fails for one keeps nothing from the others. */
export async function eachOf<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<PromiseSettledResult<Result>[]> {
  const results: PromiseSettledResult<Result>[] = [];
  for (let i = 0; i < items.length; i += atOnce) {
    results.push(...(await Promise.allSettled(items.slice(i, i + atOnce).map(work))));
  }
  return results;
}
