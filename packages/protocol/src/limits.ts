/** What a frame, a batch and an entry may hold at most. The server refuses what is beyond; clients stay below. */
export const LIMITS = {
  keyBytes: 512,
  keySegments: 8,
  patternSegments: 16,
  patternsPerConnection: 100,
  valueBytes: 64 * 1024,
  /** Of one that is written alone, over HTTP, and kept beside the log. */
  largeValueBytes: 1024 * 1024,
  valueDepth: 64,
  /** Of a version with all that it carries beside its value: it has to fit one frame. */
  versionBytes: 112 * 1024,
  /** Of tags, of entities, of relationships. */
  labels: 32,
  tagLength: 64,
  entityLength: 128,
  siblings: 8,
  /** Items that one operation adds to a set, or takes out of it. */
  setChanges: 1_000,
  policies: 100,
  /** Of an answer that comes in pages. */
  pageItems: 500,
  pageTokenLength: 2048,
  searchTextLength: 512,
  /** Ten years. */
  ttlMs: 10 * 365 * 24 * 60 * 60 * 1000,
  /** Of a holder of a lock or a task: shorter ones would be over before their answer arrives. */
  leastLeaseMs: 50,
  leaseMs: 15 * 60 * 1000,
  lockWaitMs: 60 * 60 * 1000,
  /** Who wait for a lock and are told; others find out when its lease ends. */
  lockWaiters: 256,
  /** Of what an instance announces. */
  presenceBytes: 2 * 1024,
  /** Of what a task carries in, and of its result. */
  taskValueBytes: 48 * 1024,
  taskErrorLength: 1_000,
  taskAttempts: 1_000,
  taskWaitMs: 60 * 60 * 1000,
  /** Into which an export is cut, so that a space cannot keep more. */
  importParts: 1_000,
  batchOps: 100,
  /** Of the whole `write` frame. */
  batchBytes: 96 * 1024,
  /** Of any frame, in either direction: API Gateway's message limit. */
  frameBytes: 128 * 1024,
  clockCounters: 64,
  /** A write's clock may be this far ahead of the server's before it is clamped. */
  clockAheadMs: 60_000,
  /** Older offline writes are refused: nobody remembers any more what they competed with. */
  writeAgeMs: 30 * 24 * 60 * 60 * 1000,
} as const;
