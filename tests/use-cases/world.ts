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
  contendedPartitions,
  type Notice,
  type Ports,
  writeEntries,
} from '@mnemon/core';
import {
  type Ack,
  type Batch,
  type ClientId,
  type Cursor,
  type Delivery,
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
      contended: contendedPartitions({ now: () => nowMs }),
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

/** Whose rows there are. */
export const connectedIn = async ({ ports, now }: World): Promise<string[]> =>
  (await ports.connections.list(SPACE, now())).map(({ instanceId }) => instanceId as string).sort();

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

export const deliveriesTo = ({ frames }: Client): Delivery[] =>
  frames.flatMap((frame) => (frame.type === 'changes' ? frame.payload.commits : []));

export const acksTo = ({ frames }: Client): Ack[] =>
  frames.flatMap((frame) => (frame.type === 'changes' ? (frame.payload.acks ?? []) : []));
