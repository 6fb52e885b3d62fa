/** The value below which `share` of the samples lie. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => percentile(samples, 0.5);

/** Runs `measure` several times and answers the median of each of its figures. */
export async function medians<Name extends string>(
  runs: number,
  measure: () => Promise<Record<Name, number>>,
): Promise<Record<Name, number>> {
  const results: Record<Name, number>[] = [];
  for (let run = 0; run < runs; run++) results.push(await measure());
  const names = Object.keys(results[0] ?? {}) as Name[];
  return Object.fromEntries(names.map((name) => [name, median(results.map((each) => each[name]))])) as Record<
    Name,
    number
  >;
}

const WHAT_WIDTH = 64;
const FIGURE_WIDTH = 8;
let heads = '';

/** One row: what, and each figure below its name. Names that differ from the row before begin another table. */
export function report(what: string, figures: Record<string, string | number>): void {
  const columns = Object.entries(figures).map(([name, value]) => {
    const width = Math.max(FIGURE_WIDTH, name.length);
    return { name: name.padStart(width), value: textOf(value).padStart(width) };
  });
  const names = columns.map(({ name }) => name).join('  ');
  if (names !== heads) console.log(`\n${' '.repeat(WHAT_WIDTH)}  ${names}`);
  heads = names;
  console.log(`${what.padEnd(WHAT_WIDTH)}  ${columns.map(({ value }) => value).join('  ')}`);
}

const textOf = (value: string | number): string => (typeof value === 'number' ? round(value) : value);
const round = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 2);
