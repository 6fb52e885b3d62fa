import type {
  Batch,
  ClientId,
  Entry,
  Grant,
  InstanceId,
  JsonValue,
  MemoryEvent,
  Metadata,
  Op,
  SpaceId,
} from '@mnemon/protocol';
import type { Loaded } from '../ports/event-log.ts';
import type { WaitingBatch } from '../ports/inbox.ts';
import type { Caller } from './caller.ts';
import { GENESIS, type SealedCommit, seal } from './commit.ts';
import { decide, evolve, type Surroundings, type Writer } from './decide.ts';

/** What is the present in tests of the domain. */
export const NOW_MS = Date.UTC(2026, 0, 1);

/** A space without policies, and a log of which nothing is asked. */
export const PLAIN: Surroundings = { nowMs: NOW_MS, policies: [], eventAt: () => undefined };

export const AT = { space: 'team' as SpaceId, partition: 0 };

export const EVERYTHING: readonly Grant[] = [{ pattern: '**', access: 'write' }];

export const writer = (name: string, grants = EVERYTHING): Writer => ({
  instanceId: name as InstanceId,
  grants,
});

type OpFields = 'key' | 'seen' | 'seenSeq' | 'expectedVersion' | 'strategy' | 'importance';
type Details = Partial<Pick<Extract<Op, { op: 'delete' }>, OpFields>> & { atMs?: number; counter?: number };
type PutDetails = Details & Partial<Pick<Extract<Op, { op: 'put' }>, keyof Metadata | 'ttlMs'>>;

const opFields = ({ atMs = NOW_MS, counter = 0, ...details }: Details) => ({
  key: 'k',
  seen: {},
  hlc: { wallMs: atMs, counter },
  ...details,
});

export const put = (value: JsonValue, details: PutDetails = {}): Op => ({
  op: 'put',
  ...opFields(details),
  value,
});
export const del = (details: Details = {}): Op => ({ op: 'delete', ...opFields(details) });

/** What the steps leave behind. A step is an instance's name and its operation; all of them must take effect. */
export function entryAfter(...steps: readonly (readonly [string, Op])[]): Entry {
  let entry: Entry | undefined;
  for (const [index, [name, op]] of steps.entries()) {
    const { event } = decide(entry, op, writer(name), PLAIN);
    if (!event) throw new Error(`step ${index} changes nothing`);
    entry = evolve(event, 0, index + 1);
  }
  if (!entry) throw new Error('no steps');
  return entry;
}

export const caller = (name: string, more: Partial<Caller> = {}): Caller => ({
  ...AT,
  instanceId: name as InstanceId,
  userId: `user of ${name}`,
  grants: EVERYTHING,
  tokenExpiresAtMs: NOW_MS + 3_600_000,
  connectionId: `connection of ${name}`,
  connectedAtMs: NOW_MS,
  ...more,
});

export const batchOf = (client: string, n: number, ...ops: readonly Op[]): Batch => ({
  client: client as ClientId,
  n,
  ops: [...ops],
});

export const waitingOf = (name: string, batch: Batch, more: Partial<Caller> = {}): WaitingBatch => ({
  batch,
  caller: caller(name, more),
  requestId: `${name} ${batch.n}`,
});

export const NOTHING_WRITTEN: Loaded = {
  epoch: 'epoch',
  head: { seq: 0, hash: GENESIS },
  entries: new Map(),
  answered: [],
  policies: [],
  leased: false,
};

export const eventOf = (key: string, value: JsonValue): MemoryEvent => ({
  type: 'created',
  key,
  version: 1,
  value,
  clock: { ann: 1 },
  hlc: { wallMs: NOW_MS, counter: 0 },
  author: 'ann' as InstanceId,
});

/** A log of commits of these events, one after the other. */
export function logOf(...commits: readonly (readonly MemoryEvent[])[]): SealedCommit[] {
  const log: SealedCommit[] = [];
  for (const [index, events] of commits.entries()) {
    const commit = {
      ...AT,
      seq: index + 1,
      epoch: 'epoch',
      author: 'ann' as InstanceId,
      committedAtMs: NOW_MS,
      events,
      mutation: { client: 'outbox' as ClientId, n: index + 1, outcomes: [] },
      prevHash: log.at(-1)?.hash ?? GENESIS,
    };
    log.push(seal(commit));
  }
  return log;
}
