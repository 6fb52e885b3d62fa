import type { Entry, MemoryEvent, Strategy as StrategyName, VectorClock } from '@mnemon/protocol';
import type { Conflict, ConflictType } from './conflict.ts';
import { takesLargeValues } from './large-value.ts';
import { isTooLarge, makeEvent, mergedOf } from './make-event.ts';
import type { Writer } from './refuse-op.ts';
import { lastWriteWins } from './strategies/last-write-wins.ts';
import { STRATEGY_RULES } from './strategies/strategies.ts';
import type { Base } from './strategies/strategy.ts';
import { asVersion, type Version } from './version.ts';

/** How a write of a key is to be resolved. */
export interface Rule {
  strategy: StrategyName;
  /** Of the policy that says so. */
  pattern?: string;
}

/** What two writes make that did not know of each other; pure. */
export function resolve(
  key: string,
  entry: Entry,
  arrived: Version,
  writer: Writer,
  rule: Rule,
  { base, seen }: { base: Base; seen: VectorClock },
): { event: MemoryEvent; conflict: Conflict } {
  const { strategy, pattern } = rule;
  const stored = asVersion(entry);
  const eventOf = (made: Version): MemoryEvent => ({
    ...makeEvent('merged', key, entry, writer, made),
    merged: mergedOf(strategy, entry, arrived),
  });
  let type: ConflictType =
    stored.value === undefined || arrived.value === undefined ? 'concurrent-delete' : 'concurrent-write';
  let made =
    stored.large && !takesLargeValues(strategy)
      ? ('too-large' as const)
      : STRATEGY_RULES[strategy].merge({ stored, arrived, base, seen });
  if (typeof made === 'string') {
    type = made;
    made = lastWriteWins(stored, arrived);
  }
  let event = eventOf(made);
  if (isTooLarge(event)) {
    type = 'too-large';
    made = lastWriteWins(stored, arrived);
    event = eventOf(made);
  }
  const outcome =
    made === stored ? 'stored' : made === arrived ? 'arrived' : made.siblings ? 'siblings' : 'merged';
  const conflict: Conflict = {
    key,
    type,
    strategy,
    ...(pattern !== undefined && { pattern }),
    stored: { ...sideOf(stored), version: entry.version },
    arrived: sideOf(arrived),
    outcome,
    version: event.version,
  };
  return { event, conflict };
}

const sideOf = ({ value, large, hlc, author, clock }: Version) => ({
  ...(value !== undefined && { value }),
  ...(large && { large }),
  hlc,
  author,
  clock,
});
