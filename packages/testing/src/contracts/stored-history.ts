import { randomUUID } from 'node:crypto';
import type {
  Append,
  EventLog,
  Loaded,
  MutationId,
  PartitionId,
  StoragePorts,
  WaitingBatch,
} from '@mnemon/core';
import { seal } from '@mnemon/core';
import type { ClientId, Entry, InstanceId, JsonValue, MemoryEvent, SpaceId } from '@mnemon/protocol';

export type MakeStorage = () => StoragePorts | Promise<StoragePorts>;

const AUTHOR = 'writer' as InstanceId;
const EPOCH = 'epoch-1';
const LONG_AGO_MS = 1_750_000_000_000;

export const newSpace = (): SpaceId => `space:${randomUUID()}` as SpaceId;
export const newMutation = (): MutationId => ({ client: `client:${randomUUID()}` as ClientId, n: 1 });

/** A space with nothing in it. */
export async function openSpace(log: EventLog, space = newSpace()): Promise<PartitionId> {
  await log.open(space, EPOCH);
  return { space, partition: 0 };
}

export async function loadAll(
  log: EventLog,
  at: PartitionId,
  keys: readonly string[] = [],
  mutations: readonly MutationId[] = [],
): Promise<Loaded> {
  const loaded = await log.load({ ...at, keys, mutations });
  if (!loaded) throw new Error(`${at.space} is not open`);
  return loaded;
}

/** What one batch does: a value per key, `undefined` to delete it. */
export interface Change {
  values: readonly (readonly [key: string, value: JsonValue | undefined, more?: More])[];
  mutation?: MutationId;
  committedAtMs?: number;
}

/** What a version says beside its value, and when it was written. */
export type More = Partial<Pick<MemoryEvent, 'expiresAtMs' | 'tags' | 'entities'>> & { atMs?: number };

/** What a correct writer appends for `changes`, one commit each, having decided on `loaded`. */
export function appendOf(
  at: PartitionId,
  loaded: Pick<Loaded, 'head' | 'entries'>,
  changes: readonly Change[],
  settled: readonly MutationId[] = [],
): Append {
  const entries = new Map<string, Entry>();
  let { seq, hash } = loaded.head;
  const commits = changes.map(({ values, mutation = newMutation(), committedAtMs = LONG_AGO_MS }) => {
    seq += 1;
    const events = values.map(([key, value, more]) => {
      const event = nextEvent(key, value, entries.get(key) ?? loaded.entries.get(key), more);
      const { type: _, ...version } = event;
      entries.set(key, { ...version, partition: at.partition, seq });
      return event;
    });
    const outcomes = events.map(({ version }) => ({ status: 'applied' as const, version }));
    const sealed = seal({
      ...at,
      seq,
      epoch: EPOCH,
      author: AUTHOR,
      committedAtMs,
      events,
      mutation: { ...mutation, outcomes },
      prevHash: hash,
    });
    hash = sealed.hash;
    return sealed;
  });
  const decided = [...entries.values()].map((entry) => ({
    entry,
    loadedSeq: loaded.entries.get(entry.key)?.seq ?? 0,
  }));
  return { ...at, commits, entries: decided, settled };
}

function nextEvent(
  key: string,
  value: JsonValue | undefined,
  former: Entry | undefined,
  { atMs = 1_750_000_000_000, ...more }: More = {},
): MemoryEvent {
  const version = (former?.version ?? 0) + 1;
  const type = value === undefined ? 'deleted' : version === 1 ? 'created' : 'updated';
  const event: MemoryEvent = {
    type,
    key,
    version,
    clock: { [AUTHOR]: version },
    hlc: { wallMs: atMs, counter: 0 },
    author: AUTHOR,
    ...more,
  };
  return value === undefined ? event : { ...event, value };
}

/** Loads, decides and appends once. */
export async function write(
  log: EventLog,
  at: PartitionId,
  changes: readonly Change[],
  settled: readonly MutationId[] = [],
): Promise<'committed' | 'conflict'> {
  const keys = changes.flatMap(({ values }) => values.map(([key]) => key));
  return log.append(appendOf(at, await loadAll(log, at, keys), changes, settled));
}

/** A batch that waits, of `mutation`. */
export function waitingBatch(
  space: SpaceId,
  { client, n }: MutationId = newMutation(),
  value: JsonValue = n,
): WaitingBatch {
  const hlc = { wallMs: 1_750_000_000_000, counter: 0 };
  return {
    batch: { client, n, ops: [{ op: 'put', key: 'tasks/$1.state', value, seen: { [AUTHOR]: 3 }, hlc }] },
    caller: {
      space,
      instanceId: AUTHOR,
      userId: 'user "1" <ü>',
      grants: [{ pattern: 'tasks/**', access: 'write' }],
      tokenExpiresAtMs: 1_750_000_000_000,
      connectionId: 'L0SM9cOFvHcCIhw=',
    },
    requestId: `request-${n}`,
  };
}
