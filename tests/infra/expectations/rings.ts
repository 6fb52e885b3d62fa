import type { Resource } from '../synthesis/synthesize.ts';

/**
 * Whether an alarm rings where something bad is measured in these minutes and nothing in all others. As CloudWatch does it: each minute
 * it looks at the last `evaluationPeriods` periods, and rings when `datapointsToAlarm` of them, which is all unless it says less, are bad.
 */
export function rings({ inputs }: Resource, badMinutes: number[]): boolean {
  const { period, evaluationPeriods, datapointsToAlarm = evaluationPeriods, treatMissingData } = inputs;
  const minutes = period / 60;
  const isBad = (now: number, ago: number) => {
    const end = now - ago * minutes;
    return treatMissingData === 'breaching' || badMinutes.some((at) => at <= end && at > end - minutes);
  };
  const lookedAt = Array.from({ length: (badMinutes.at(-1) ?? 0) + 1 }, (_, now) => now);
  const ago = Array.from({ length: evaluationPeriods }, (_, periods) => periods);
  return lookedAt.some((now) => ago.filter((each) => isBad(now, each)).length >= datapointsToAlarm);
}
