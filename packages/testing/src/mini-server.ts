import {
  type Ack,
  advance,
  type Batch,
  type CaughtUpPayload,
  type ClientFrame,
  type Cursor,
  compareTimes,
  type Delivery,
  type Entry,
  includes,
  isLive,
  type MemoryEvent,
  matches,
  merge,
  type Op,
  type Outcome,
  PROTOCOL_VERSION,
  parseClientFrame,
  type Read,
} from '@mnemon/protocol';
import type { Accept, ServerSocket } from './faulty-network.ts';

/** An honest server in one map and one array, to test clients against: what it says is what should be. */
export interface MiniServer {
  readonly accept: Accept;
  /** Every commit, in order, with the batches that made them. */
  readonly log: readonly (Delivery & { batch: string })[];
  /** What is, tombstones included. */
  readonly state: ReadonlyMap<string, Entry>;
  readonly head: Cursor;
  /** Every frame that a client said and the server could read. */
  readonly heard: readonly ClientFrame[];
  /** Restores "from backup": the log goes on under another epoch, and clients must start over. */
  renewEpoch(): void;
  /** Sends a raw text to every connection. */
  say(text: string): void;
}

export interface MiniServerOptions {
  readonly now: () => number;
  readonly heartbeatMs?: number;
  /** Commits or entries on one page. */
  readonly pageSize?: number;
  /** Readers that are further behind get the state instead of the log. */
  readonly maxMissed?: number;
  /** Events in one frame; beyond that a commit goes in parts. */
  readonly partSize?: number;
  /** Refuses handshakes: an HTTP status, or nothing. */
  readonly refuse?: (socket: ServerSocket) => number | undefined;
}

interface Row {
  readonly socket: ServerSocket;
  readonly instanceId: string;
  isSubscribed: boolean;
}

/** Of an entry, or of a put. */
type Content = Pick<Entry, 'value' | 'expiresAtMs'> & { readonly ttlMs?: number | undefined };

export function createMiniServer(options: MiniServerOptions): MiniServer {
  const { now, heartbeatMs = 1_000, pageSize = 5, maxMissed = 20, partSize = 3, refuse } = options;
  const log: (Delivery & { batch: string })[] = [];
  const state = new Map<string, Entry>();
  const acks = new Map<string, Ack>();
  const rows = new Set<Row>();
  const heard: ClientFrame[] = [];
  let epoch = 'epoch-1';
  let floor = 0;

  const head = (): Cursor => ({ epoch, seq: [log.length] });
  const reply = (row: Row, type: string, id: string, payload: unknown) =>
    row.socket.send(JSON.stringify({ type, id, timestamp: now(), payload }));

  function accept(socket: ServerSocket) {
    const httpStatus = refuse?.(socket);
    if (httpStatus) return { httpStatus };
    const row: Row = {
      socket,
      instanceId: socket.url.searchParams.get('instance') ?? '',
      isSubscribed: false,
    };
    return { received: (text: string) => read(row, text), ended: () => void rows.delete(row) };
  }

  function read(row: Row, text: string): void {
    const parsed = parseClientFrame(text);
    if (!parsed.ok) {
      reply(row, 'error', parsed.id, parsed.error);
      return;
    }
    heard.push(parsed.frame);
    if (parsed.frame.type === 'connect') connect(row, parsed.frame.id, parsed.frame.payload);
    else if (rows.has(row)) serve(row, parsed.frame);
  }

  function serve(row: Row, { type, id, payload }: ClientFrame): void {
    if (type === 'write') write(row, id, payload);
    else if (type === 'heartbeat') reply(row, 'heartbeat', id, { head: head(), degraded: [] });
    else if (type === 'read') reply(row, 'read', id, { entries: find(payload) });
    else if (type === 'disconnect') rows.delete(row);
    else if (type === 'unsubscribe') reply(row, 'unsubscribe', id, { patterns: [] });
    else if (type === 'subscribe') {
      row.isSubscribed = true;
      const { cursor } = payload;
      const missed = cursor ? statePage('', head(), 'subscribed') : missedSince(undefined);
      reply(row, 'caught-up', id, missed);
    } else if (type === 'catch-up') {
      reply(row, 'caught-up', id, 'page' in payload ? nextPage(payload.page) : missedSince(payload.cursor));
    }
  }

  function find(payload: Read['payload']): Entry[] {
    if ('search' in payload) return [];
    if ('get' in payload) return [...state.values()].filter(({ key }) => key === payload.get);
    const { pattern = '**' } = payload.list;
    return [...state.values()].filter(({ key, value }) => value !== undefined && matches(pattern, key));
  }

  function connect(
    row: Row,
    id: string,
    { subscriptions, cursor }: Extract<ClientFrame, { type: 'connect' }>['payload'],
  ): void {
    for (const other of rows) if (other !== row && other.instanceId === row.instanceId) rows.delete(other);
    rows.add(row);
    row.isSubscribed = subscriptions.length > 0;
    reply(row, 'connected', id, {
      protocolVersion: PROTOCOL_VERSION,
      space: 'team',
      instanceId: row.instanceId,
      head: head(),
      heartbeatMs,
      tokenExpiresAt: now() + 3_600_000,
      ...(row.isSubscribed && { missed: missedSince(cursor) }),
    });
  }

  function missedSince(cursor: Cursor | undefined): CaughtUpPayload {
    if (!cursor) return statePage('', head(), 'no-cursor');
    if (cursor.epoch !== epoch) return statePage('', head(), 'other-epoch');
    const from = cursor.seq[0] ?? 0;
    if (from < floor) return statePage('', head(), 'compacted');
    if (log.length - from > maxMissed) return statePage('', head(), 'too-far');
    return logPage(from, log.length);
  }

  function nextPage(token: string): CaughtUpPayload {
    const page = JSON.parse(token);
    return page.state ? statePage(page.after, page.cursor, 'too-far') : logPage(page.from, page.to);
  }

  function logPage(from: number, to: number): CaughtUpPayload {
    const end = Math.min(to, from + pageSize);
    const more = end < to && { page: JSON.stringify({ from: end, to }) };
    return { recovered: true, cursor: { epoch, seq: [end] }, commits: log.slice(from, end), ...more };
  }

  /** Fuzzy, like the real one: each page shows the state of now, not of its cursor. */
  function statePage(
    after: string,
    cursor: Cursor,
    reason: 'no-cursor' | 'other-epoch' | 'compacted' | 'too-far' | 'subscribed',
  ) {
    const rest = [...state.values()]
      .filter(({ key }) => key > after)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    const entries = rest.slice(0, pageSize);
    const last = entries.at(-1);
    const more = rest.length > pageSize && {
      page: JSON.stringify({ state: true, after: last?.key, cursor }),
    };
    return { recovered: false as const, reason, cursor, entries, ...more };
  }

  function write(row: Row, id: string, { client, n, ops }: Batch): void {
    const batch = `${client}/${n}`;
    const ack = acks.get(batch);
    if (ack)
      reply(row, 'changes', id, { epoch, commits: [], acks: [ack] }); // I6
    else commit(row, id, batch, { client, n, ops });
  }

  function commit(row: Row, id: string, batch: string, { client, n, ops }: Batch): void {
    const seq = log.length + 1;
    const author = row.instanceId as Delivery['author'];
    const events: MemoryEvent[] = [];
    const outcomes = ops.map((op) => decide(op, author, seq, events));
    const ack: Ack = {
      client,
      n,
      outcomes,
      shared: 1,
      ...(events.length && { commit: { partition: 0, seq } }),
    };
    acks.set(batch, ack);
    if (events.length === 0) {
      reply(row, 'changes', id, { epoch, commits: [], acks: [ack] });
      return;
    }
    const delivery: Delivery = { partition: 0, seq, prev: seq - 1, author, events };
    log.push({ ...delivery, batch });
    publish(row, delivery, ack);
  }

  function publish(writer: Row, delivery: Delivery, ack: Ack): void {
    const parts = cut(delivery);
    for (const row of rows) {
      if (row !== writer && !row.isSubscribed) continue;
      for (const [at, part] of parts.entries()) {
        const isAck = row === writer && at === parts.length - 1;
        reply(row, 'changes', '', { epoch, commits: [part], ...(isAck && { acks: [ack] }) });
      }
    }
  }

  function cut(delivery: Delivery): Delivery[] {
    const count = Math.ceil(delivery.events.length / partSize);
    if (count === 1) return [delivery];
    return Array.from({ length: count }, (_, index) => ({
      ...delivery,
      events: delivery.events.slice(index * partSize, (index + 1) * partSize),
      part: { index, count },
    }));
  }

  function decide(op: Op, author: string, seq: number, events: MemoryEvent[]): Outcome {
    const old = state.get(op.key);
    const live = isLive(old, now()) ? old : undefined;
    if (op.expectedVersion !== undefined && op.expectedVersion !== (live?.version ?? 0)) {
      const current = live && { current: live };
      return { status: 'refused', code: 'conflict', message: 'another version', ...current };
    }
    if (op.op === 'delete' && !live) return { status: 'unchanged' };
    const seen = { ...op.seen, [author]: Number.MAX_SAFE_INTEGER };
    const isConcurrent = old !== undefined && !includes(seen, old.clock);
    const wins = !old || !isConcurrent || compareTimes(op.hlc, old.hlc) >= 0;
    const clock = advance(merge(old?.clock ?? {}, op.seen), author);
    const version = (old?.version ?? 0) + 1;
    const mine = { hlc: op.hlc, author, ...(op.op === 'put' && contentOf(op)) };
    const theirs = old && { hlc: old.hlc, author: old.author, ...(live && contentOf(live)) };
    const kept = { key: op.key, version, clock, ...(wins ? mine : theirs) } as Omit<MemoryEvent, 'type'>;
    const type = isConcurrent ? 'merged' : op.op === 'delete' ? 'deleted' : live ? 'updated' : 'created';
    events.push({ type, ...kept });
    state.set(op.key, { ...kept, partition: 0, seq });
    return { status: isConcurrent ? 'merged' : 'applied', version };
  }

  const contentOf = ({ value, ttlMs, expiresAtMs }: Content) => ({
    value,
    ...(ttlMs && { expiresAtMs: now() + ttlMs }),
    ...(expiresAtMs && { expiresAtMs }),
  });

  return {
    accept,
    log,
    state,
    get head() {
      return head();
    },
    heard,
    renewEpoch() {
      epoch = `epoch-${Number(epoch.slice(6)) + 1}`;
      floor = log.length;
    },
    say: (text) => {
      for (const row of rows) row.socket.send(text);
    },
  };
}
