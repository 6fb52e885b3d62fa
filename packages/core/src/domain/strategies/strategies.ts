import type { Strategy as StrategyName } from '@mnemon/protocol';
import { arrayMerge } from './array-merge.ts';
import { counter } from './counter.ts';
import { custom } from './custom.ts';
import { moreImportant } from './importance.ts';
import { lastWriteWins } from './last-write-wins.ts';
import { maxValue } from './max-value.ts';
import { mergeAll } from './merge-all.ts';
import { objectMerge } from './object-merge.ts';
import { set } from './set.ts';
import { fromJoin, type Strategy } from './strategy.ts';
import { causallyLater } from './vector-clock.ts';

/** All strategies by name. */
export const STRATEGY_RULES: Readonly<Record<StrategyName, Strategy>> = {
  'last-write-wins': fromJoin(lastWriteWins),
  'array-merge': fromJoin(arrayMerge),
  'object-merge': objectMerge,
  'max-value': fromJoin(maxValue),
  'merge-all': mergeAll,
  importance: fromJoin(moreImportant),
  'vector-clock': fromJoin(causallyLater),
  counter,
  set,
  custom,
};
