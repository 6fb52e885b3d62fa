import { describe } from 'vitest';
import { appendTests } from './event-log-append.ts';
import { compactionTests } from './event-log-compaction.ts';
import { conflictTests } from './event-log-conflicts.ts';
import { historyTests } from './event-log-history.ts';
import { pagingTests } from './event-log-paging.ts';
import { raceTests } from './event-log-races.ts';
import { topicTests } from './event-log-topics.ts';
import type { MakeStorage } from './stored-history.ts';

/** What every event log must keep. Each test has spaces of its own and leaves rows behind. */
export function eventLogContract(name: string, makeStorage: MakeStorage): void {
  describe(`event log: ${name}`, () => {
    appendTests(makeStorage);
    conflictTests(makeStorage);
    historyTests(makeStorage);
    pagingTests(makeStorage);
    topicTests(makeStorage);
    raceTests(makeStorage);
    compactionTests(makeStorage);
  });
}
