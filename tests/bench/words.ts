import type { MemoryEvent } from '@mnemon/protocol';
import { median, report } from './figures.ts';
import { type FilledStore, onEachStore } from './filled-stores.ts';
import { AUTHOR, NOW_MS, newLog, newSpace } from './new-log.ts';

const WORDS = [0, 16, 128];
const VOCABULARY = 20_000;
const ENTRIES_PER_COMMIT = 10;
const COMMITS = 40;
const WARM_UP = 5;
const WORD_LENGTH = 7;
const TEXT_LENGTH = Math.max(...WORDS) * WORD_LENGTH;

/** What it costs a commit that its entries' words are found: values of one length, with few words and with many. */
export const benchWords = (): Promise<void> => onEachStore(async () => {}, measure);

async function measure({ name, storage }: FilledStore): Promise<void> {
  const times = new Map(WORDS.map((words) => [words, [] as number[]]));
  const log = await newLog(storage.log, newSpace());
  for (let commit = 0; commit < COMMITS + WARM_UP; commit++) {
    for (const words of WORDS) {
      const events = Array.from({ length: ENTRIES_PER_COMMIT }, (_, i) =>
        eventOf(commit * ENTRIES_PER_COMMIT + i, words),
      );
      const startedAt = performance.now();
      await log.append(events);
      if (commit >= WARM_UP) times.get(words)?.push(performance.now() - startedAt);
    }
  }
  const figures = [...times].map(([words, each]) => [`${words} words, p50 ms`, median(each)] as const);
  report(`append of ${ENTRIES_PER_COMMIT} entries of 1 KB, ${name}`, Object.fromEntries(figures));
}

function eventOf(n: number, words: number): MemoryEvent {
  const word = (i: number) => `w${(n * 131 + i * 17) % VOCABULARY}`.padEnd(WORD_LENGTH);
  const text = Array.from({ length: words }, (_, i) => word(i)).join('');
  return {
    type: 'created',
    key: `words/${words}/item-${n}`,
    version: 1,
    value: text.padEnd(TEXT_LENGTH, '.'),
    clock: { [AUTHOR]: 1 },
    hlc: { wallMs: NOW_MS, counter: 0 },
    author: AUTHOR,
  };
}
