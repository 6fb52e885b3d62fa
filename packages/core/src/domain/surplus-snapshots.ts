import type { Manifest } from './manifest.ts';

type Taken = Pick<Manifest, 'seq' | 'takenAtMs'>;

/**
 * Which of `taken` are of no more use: those before the floor, and of the others those that are closer than `spacingMs` to
 * one that stays. The floor's own stays, for the log begins there, and the newest; so does what was taken before
 * `agedMs`, for somebody may be about to begin the log with it. In between there are enough that one is always about to
 * reach that age.
 */
export function surplusSnapshots(
  taken: readonly Taken[],
  { floor, spacingMs, agedMs }: { floor: number; spacingMs: number; agedMs: number },
): number[] {
  const ascending = [...taken].sort((a, b) => a.seq - b.seq);
  const newest = ascending.at(-1);
  const surplus: number[] = [];
  let lastKept: Taken | undefined;
  for (const each of ascending) {
    const isApart = !lastKept || each.takenAtMs - lastKept.takenAtMs >= spacingMs;
    const isNeeded = each.seq === floor || each === newest || each.takenAtMs <= agedMs;
    if (each.seq >= floor && (isNeeded || isApart)) lastKept = each;
    else surplus.push(each.seq);
  }
  return surplus;
}
