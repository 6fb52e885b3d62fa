import {
  embeddedStore,
  type MemoryEventBus,
  type MemoryFanout,
  memoryConnections,
  memoryEventBus,
  memoryFanout,
} from '@mnemon/adapters/memory';
import {
  type Caller,
  type Commit,
  connect,
  GENESIS,
  type Notice,
  type Ports,
  type SealedCommit,
  seal,
  writeEntries,
} from '@mnemon/core';
import {
  type Ack,
  type Batch,
  type CaughtUpPayload,
  type ClientId,
  type Cursor,
  type Delivery,
  type Entry,
  type Grant,
  type InstanceId,
  type JsonValue,
  type Op,
  PROTOCOL_VERSION,
  type Presence,
  parseServerFrame,
  type ServerFrame,
  type SpaceId,
} from '@mnemon/protocol';

export const SPACE = 'team' as SpaceId;
export const AT = { space: SPACE, partition: 0 };
export const EVERYTHING: readonly Grant[] = [{ pattern: '**', access: 'write' }];
const STALE_MS = 80_000;
const HEARTBEAT_MS = 25_000;

export interface World {
  ports: Ports & { fanout: MemoryFanout; bus: MemoryEventBus };
  /** What the bus was told. */
  told: Commit[];
  /** Beside commits. */
  notices: Notice[];
  now(): number;
  /** Time passes, for servers and store alike. */
  pass(ms: number): void;
}

/** The use-cases' surroundings in one process: adapters in memory, and a clock that the test moves. */
export function makeWorld(): World {
  let nowMs = Date.UTC(2026, 0, 1);
  let names = 0;
  const { close: _, ...storage } = embeddedStore({ now: () => nowMs });
  const bus = memoryEventBus();
  const told: Commit[] = [];
  bus.subscribe((commit) => told.push(commit));
  const notices: Notice[] = [];
  bus.subscribeNotices((notice) => notices.push(notice));
  return {
    ports: {
      ...storage,
      bus,
      connections: memoryConnections({ staleAfterMs: STALE_MS }),
      fanout: memoryFanout(),
      clock: { now: () => nowMs },
      randomId: () => `random-${++names}`,
    },
    told,
    notices,
    now: () => nowMs,
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

/** A program at the other end of a connection. */
export interface Client {
  caller: Caller;
  /** What arrived, in its order. */
  frames: ServerFrame[];
  isClosed: boolean;
}

let connectionCount = 0;

/** Opens a connection; nothing has been said on it. */
export function attach(world: World, name: string, more: Partial<Caller> = {}): Client {
  const client: Client = {
    caller: {
      space: SPACE,
      instanceId: name as InstanceId,
      userId: `user of ${name}`,
      grants: EVERYTHING,
      tokenExpiresAtMs: world.now() + 3_600_000,
      connectionId: `connection-${++connectionCount}`,
      connectedAtMs: world.now() + connectionCount / 1e6, // in this order, also within a millisecond
      ...more,
    },
    frames: [],
    isClosed: false,
  };
  world.ports.fanout.attach(client.caller.connectionId, {
    receive: (text) => {
      const parsed = parseServerFrame(text);
      if (!parsed.ok) throw new Error(`no frame: ${parsed.error.message}`);
      client.frames.push(parsed.frame);
    },
    closed: () => {
      client.isClosed = true;
    },
  });
  return client;
}

/** Says `connect`. */
export async function greet(
  world: World,
  client: Client,
  request: { subscriptions?: string[]; cursor?: Cursor; presence?: Presence } = {},
) {
  const payload = { protocolVersion: PROTOCOL_VERSION, subscriptions: ['**'], ...request };
  const answered = await connect(world.ports, client.caller, payload, HEARTBEAT_MS);
  if (!answered.ok) throw new Error(answered.error.code);
  return answered.value;
}

/** A program that is connected, and subscribed to everything unless `subscriptions` says otherwise. */
export async function join(
  world: World,
  name: string,
  {
    subscriptions = ['**'],
    presence,
    ...more
  }: Partial<Caller> & { subscriptions?: string[]; presence?: Presence } = {},
): Promise<Client> {
  const client = attach(world, name, more);
  await greet(world, client, { subscriptions, ...(presence && { presence }) });
  return client;
}

type Details = Partial<Pick<Op, 'seen' | 'seenSeq' | 'expectedVersion' | 'hlc'>>;
const opFields = (world: World, key: string, details: Details) => ({
  key,
  seen: {},
  hlc: { wallMs: world.now(), counter: 0 },
  ...details,
});

export const put = (world: World, key: string, value: JsonValue, details: Details = {}): Op => ({
  op: 'put',
  ...opFields(world, key, details),
  value,
});
export const del = (world: World, key: string, details: Details = {}): Op => ({
  op: 'delete',
  ...opFields(world, key, details),
});

let batchCount = 0;

/** A batch that nobody has sent before. */
export const batchOf = (...ops: readonly Op[]): Batch => ({
  client: `outbox-${++batchCount}` as ClientId,
  n: 1,
  ops: [...ops],
});

export const send = (world: World, client: Client, batch: Batch, ports: Ports = world.ports) =>
  writeEntries(ports, client.caller, batch, `request of ${batch.client}`);

/** Writes without anybody being connected, one commit per key. */
export async function writeAlone(world: World, name: string, ...ops: readonly Op[]): Promise<void> {
  const client = attach(world, name);
  for (const op of ops) {
    const refusal = await send(world, client, batchOf(op));
    if (refusal) throw new Error(refusal.code);
  }
}

/** A world with a log of as many commits, of one key each and of 100 keys together, made in one step. */
export async function worldWithCommits(count: number): Promise<World> {
  const world = makeWorld();
  const { log, randomId } = world.ports;
  const epoch = await log.open(SPACE, randomId());
  const author = 'bob' as InstanceId;
  const commits: SealedCommit[] = [];
  const entries = new Map<string, Entry>();
  for (let seq = 1; seq <= count; seq++) {
    const key = `k${seq % 100}`;
    const version = (entries.get(key)?.version ?? 0) + 1;
    const made = {
      key,
      version,
      value: seq,
      clock: { bob: version },
      hlc: { wallMs: world.now(), counter: 0 },
      author,
    };
    const commit = {
      ...AT,
      seq,
      epoch,
      author,
      committedAtMs: world.now(),
      events: [{ type: version === 1 ? ('created' as const) : ('updated' as const), ...made }],
      mutation: { client: 'outbox' as ClientId, n: seq, outcomes: [{ status: 'applied' as const, version }] },
      prevHash: commits.at(-1)?.hash ?? GENESIS,
    };
    commits.push(seal(commit));
    entries.set(key, { ...made, partition: 0, seq });
  }
  const left = [...entries.values()].map((entry) => ({ entry, loadedSeq: 0 }));
  await log.append({ ...AT, commits, entries: left, settled: [] });
  return world;
}

export const deliveriesTo = ({ frames }: Client): Delivery[] =>
  frames.flatMap((frame) => (frame.type === 'changes' ? frame.payload.commits : []));

export const acksTo = ({ frames }: Client): Ack[] =>
  frames.flatMap((frame) => (frame.type === 'changes' ? (frame.payload.acks ?? []) : []));

/** What a reader holds: the version of each key that is there. */
export type Held = Map<string, { seq: number; value?: JsonValue }>;

/** Applies commits like a reader does; parts of one commit count as one. */
export function applyTo(held: Held, commits: readonly Delivery[]): void {
  for (const { seq, events } of commits) {
    for (const { key, value } of events) {
      if ((held.get(key)?.seq ?? 0) < seq) held.set(key, value === undefined ? { seq } : { seq, value });
    }
  }
}

export const valuesIn = (held: Held): Record<string, JsonValue> =>
  Object.fromEntries(
    [...held].flatMap(([key, { value }]) => (value === undefined ? [] : [[key, value] as const])),
  );

/** What the store holds at last. */
export async function truth({ ports }: World): Promise<Record<string, JsonValue>> {
  const entries = await ports.log.entries({ ...AT, afterKey: undefined, limit: 100_000 });
  return Object.fromEntries(entries.map(({ key, value }) => [key, value as JsonValue]));
}

export type LogPage = Extract<CaughtUpPayload, { recovered: true }>;
export type StatePage = Extract<CaughtUpPayload, { recovered: false }>;

export const asLog = (payload: CaughtUpPayload | undefined): LogPage => {
  if (!payload?.recovered) throw new Error(`no log, but ${payload?.reason ?? 'nothing'}`);
  return payload;
};
export const asState = (payload: CaughtUpPayload | undefined): StatePage => {
  if (!payload || payload.recovered) throw new Error('no state');
  return payload;
};

/** The ports of somebody who believes that the lease is taken, and therefore goes through the inbox. */
export function alwaysLeased(ports: Ports): Ports {
  const load: Ports['log']['load'] = async (at) => {
    const loaded = await ports.log.load(at);
    return loaded && { ...loaded, leased: true };
  };
  return { ...ports, log: { ...ports.log, load } };
}

/**
 * The ports with a stop before the next call of one method: `reached` tells that somebody stands there, `release` lets
 * it go on. A process that dies there never goes on.
 */
export function stopBefore(
  ports: Ports,
  port: 'log' | 'inbox' | 'connections' | 'nodes' | 'tasks' | 'taskWaiters',
  method: string,
): { ports: Ports; reached: Promise<void>; release: () => void } {
  const arrival = gate();
  const passage = gate();
  const original = (ports[port] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[
    method
  ];
  let isNext = true;
  const stopped = async (...args: unknown[]) => {
    if (isNext) {
      isNext = false;
      arrival.open();
      await passage.opened;
    }
    return original?.(...args);
  };
  return {
    ports: { ...ports, [port]: { ...ports[port], [method]: stopped } },
    reached: arrival.opened,
    release: passage.open,
  };
}

function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
