import { type JsonValue, LIMITS, type NodeView, utf8Length } from '@mnemon/protocol';
import { LRUCache } from 'lru-cache';
import { PATHS } from './keys.ts';
import type { ManagerCore } from './manager-core.ts';

/** A worker that was not heard of for so long is no active one. */
const ACTIVE_MS = 30_000;
/** Of so many workers it is remembered what was said of them last. */
const WORKERS = 1_000;

/** What a worker says of itself. */
export interface WorkerStatus {
  readonly state: string;
  /** The tasks that it works on. */
  readonly tasks?: JsonValue;
  readonly capacity?: JsonValue;
}

/** A worker that is connected, with its status, if it has synced one. */
export interface ActiveWorker extends Partial<WorkerStatus> {
  readonly workerId: string;
  /** When it was heard of last, by the server's clock. */
  readonly lastBeatAtMs: number;
}

export interface WorkerMemory {
  /**
   * What is as it was said last is not written again before half of its lifetime is over, unless it is this worker's and
   * somebody else has written another.
   */
  syncStatus(workerId: string, status: WorkerStatus): Promise<void>;
  syncCapacity(workerId: string, capacity: JsonValue): Promise<void>;
  beat(): Promise<void>;
  active(): Promise<ActiveWorker[]>;
  /** The worker whose beat `key` means, if it means one. */
  whoseBeat(key: string): string | undefined;
  /** When a worker was heard of last, by the server's clock; `null` for one that never was. */
  lastBeat(workerId: string): Promise<{ status: 'online' | 'offline'; lastBeatAtMs: number } | null>;
  /** The connection was away: that this worker is gone may have been written in its name. */
  returned(): Promise<void>;
}

export interface WorkerMemoryOptions {
  readonly workerId: string;
  readonly defaultTTL: number;
  readonly now: () => number;
}

interface Said {
  readonly status: WorkerStatus;
  readonly text: string;
  readonly atMs: number;
}

export function createWorkerMemory(
  core: ManagerCore,
  { workerId: self, defaultTTL, now }: WorkerMemoryOptions,
): WorkerMemory {
  const { memory } = core;
  const namespace = core.within(undefined);
  const said = new LRUCache<string, Said>({ max: WORKERS });
  const ownKey = namespace.key(PATHS.workerStatus(self));
  let isWatching = false;
  const halfLifeMs = defaultTTL > 0 ? defaultTTL * 500 : Number.POSITIVE_INFINITY;

  async function say(workerId: string, status: WorkerStatus): Promise<void> {
    const saying = { status, text: JSON.stringify(status), atMs: now() };
    said.set(workerId, saying); // before it is written: what is said meanwhile is compared with this
    try {
      await core.write(PATHS.workerStatus(workerId), { ...status } as JsonValue);
    } catch (error) {
      if (said.get(workerId) === saying) said.delete(workerId);
      throw error;
    }
  }

  async function sayAgain(): Promise<void> {
    const before = said.get(self);
    if (before) await say(self, before.status);
  }

  /** The will of this worker counts as its own, and is put right when it returns. */
  function watchOwn(): void {
    if (isWatching) return;
    isWatching = true;
    memory.subscribe(ownKey, ({ key, own }) => {
      if (key === ownKey && !own) void sayAgain().catch(() => {}); // what is refused, `write-failed` tells
    });
  }

  const isHalfOver = ({ atMs }: Said): boolean => now() - atMs >= halfLifeMs;

  async function syncStatus(workerId: string, status: WorkerStatus): Promise<void> {
    const before = said.get(workerId);
    if (workerId === self) {
      memory.announce({ announced: announcedBy(namespace.name, status) });
      watchOwn();
    }
    if (before?.text !== JSON.stringify(status) || isHalfOver(before)) await say(workerId, status);
    core.tell('worker-status-synced', { workerId, status });
  }

  async function beat(): Promise<void> {
    memory.beat();
    const before = said.get(self);
    if (before && isHalfOver(before)) await say(self, before.status);
  }

  async function active(): Promise<ActiveWorker[]> {
    const statuses = new Map((await core.find('workers/*/status')).map(({ key, value }) => [key, value]));
    const { nodes, nowMs } = await allNodes(core);
    return nodes
      .filter(({ status, lastSeenAtMs }) => status === 'online' && nowMs - lastSeenAtMs < ACTIVE_MS)
      .map((node) => ({ node, status: statuses.get(namespace.key(PATHS.workerStatus(node.instanceId))) }))
      .filter(({ node, status }) => status !== undefined || isOf(namespace.name, node))
      .map(({ node: { instanceId: workerId, lastSeenAtMs: lastBeatAtMs }, status }) => ({
        ...(status as Partial<WorkerStatus> | undefined),
        workerId,
        lastBeatAtMs,
      }));
  }

  function whoseBeat(key: string): string | undefined {
    if (!key.endsWith('/heartbeat')) return undefined;
    const workerId = key.split('/').at(-2) ?? '';
    return key === namespace.key(PATHS.workerHeartbeat(workerId)) ? workerId : undefined;
  }

  async function lastBeat(workerId: string) {
    const { nodes } = await allNodes(core);
    const found = nodes.find(({ instanceId }) => instanceId === workerId);
    return found ? { status: found.status, lastBeatAtMs: found.lastSeenAtMs } : null;
  }

  return {
    whoseBeat,
    lastBeat,
    syncStatus,
    async syncCapacity(workerId, capacity) {
      await core.write(PATHS.workerCapacity(workerId), capacity);
    },
    beat,
    active,
    returned: sayAgain,
  };
}

/** What a manager announces, as far as there is room for it. */
export function announcedBy(namespace: string, status?: WorkerStatus): JsonValue {
  const whole = { namespace, ...status };
  return utf8Length(JSON.stringify(whole)) <= LIMITS.presenceBytes ? whole : { namespace };
}

/** Whether a manager of this namespace runs there. */
const isOf = (namespace: string, { announced }: NodeView): boolean =>
  typeof announced === 'object' &&
  announced !== null &&
  'namespace' in announced &&
  announced.namespace === namespace;

async function allNodes({ memory }: ManagerCore): Promise<{ nodes: NodeView[]; nowMs: number }> {
  const nodes: NodeView[] = [];
  for (let page: string | undefined; ; ) {
    const answer = await memory.nodes(page === undefined ? {} : { page });
    nodes.push(...answer.nodes);
    page = answer.page;
    if (page === undefined) return { nodes, nowMs: answer.nowMs };
  }
}
