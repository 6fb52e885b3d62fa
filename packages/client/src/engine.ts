import type { ClientId, Presence } from '@mnemon/protocol';
import { type Breaker, circuitOf, createBreaker } from './circuit.ts';
import { type Connection, createConnection, type TokenSource } from './connection.ts';
import { type ConnectionState, isConnected } from './connection-state.ts';
import { createOutbox } from './create-outbox.ts';
import { createDeferred } from './deferred.ts';
import { createGivenUp } from './given-up.ts';
import { callGuarded } from './guarded-call.ts';
import { createHttpApi } from './http-api.ts';
import { createLargeValues, type LargeValues } from './large-values.ts';
import { createLocks, type LockKeeper } from './locks.ts';
import { createLogFollower, type LogFollower } from './log-follower.ts';
import { MnemonError } from './mnemon-error.ts';
import type { AckedBatch, Outbox } from './outbox.ts';
import { createOutboxJournal } from './outbox-journal.ts';
import type { OutboxStore } from './outbox-store/outbox-store.ts';
import { createOwnWrites, type OwnWrites } from './own-writes.ts';
import type { Ports } from './ports.ts';
import { createOwnPresence, type OwnPresence } from './presence.ts';
import { createRandomName } from './random-name.ts';
import { createReplica, type Replica } from './replica.ts';
import { createRequests } from './requests.ts';
import type { WhenFull } from './room.ts';
import { createSeenClocks, type SeenClocks } from './seen-clocks.ts';
import { createServerClock, type ServerClock } from './server-clock.ts';
import { createFrameReader, writeId } from './server-frames.ts';
import { createServerReads, type ServerReads } from './server-reads.ts';
import { createStatusBoard, type StatusBoard } from './status.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions.ts';
import { createTaskQueue, type TaskKeeper } from './task-queue.ts';
import { createTopics, isOf, type Topics } from './topics.ts';
import { createWitnesses, type Witnesses } from './witnesses.ts';
import { createWriteClock, type WriteClock } from './write-clock.ts';

/** The parts of a client, wired: what happens on the connection reaches replica, outbox, subscribers and status. */
export interface Engine {
  readonly connection: Connection;
  readonly replica: Replica;
  readonly follower: Pick<LogFollower, 'cursor'>;
  readonly ownWrites: OwnWrites;
  readonly outbox: Outbox;
  readonly largeValues: LargeValues;
  readonly subscriptions: Subscriptions;
  readonly witnesses: Witnesses;
  readonly seen: SeenClocks;
  readonly writeClock: WriteClock;
  readonly serverClock: ServerClock;
  readonly serverReads: ServerReads;
  readonly breaker: Breaker;
  readonly locks: LockKeeper;
  readonly tasks: TaskKeeper;
  readonly board: StatusBoard;
  readonly presence: OwnPresence;
  /** Sends a heartbeat now; without a connection, connecting will do. */
  beat(): void;
  /** Resolves when connected for the first time. */
  readonly arrived: Promise<void>;
  readonly topics: Topics;
  /** Connected again, and not told yet all that was missed. */
  readonly isReturning: boolean;
}

export interface EngineOptions {
  readonly url: string;
  readonly httpUrl?: string | undefined;
  readonly token: TokenSource;
  readonly instanceId: string;
  readonly presence?: Presence | undefined;
  readonly onError: (error: unknown) => void;
  readonly batchIntervalMs: number;
  readonly whenFull: WhenFull;
  readonly outboxStore?: OutboxStore | undefined;
  readonly onRefused: (error: MnemonError, key: string) => void;
  readonly onAcked: (batch: AckedBatch) => void;
  readonly ports: Ports;
}

export function createEngine(options: EngineOptions): Engine {
  const { url, token, instanceId, onError, ports } = options;
  const presence = createOwnPresence(options.presence);
  const replica = createReplica(instanceId);
  const witnesses = createWitnesses();
  const ownWrites = createOwnWrites(witnesses);
  const seen = createSeenClocks(replica);
  const writeClock = createWriteClock(ports.clock.now);
  const serverClock = createServerClock(ports.clock.now);
  const subscriptions = createSubscriptions(onError);
  const arrived = createDeferred();
  const counts = { connections: 0, gaps: 0, unreadable: 0 };
  let degraded: readonly string[] = [];
  let lastChange = 0;
  let isReturning = false;
  let isAdjustDue = false;

  const topics = createTopics(() => adjustSoon());
  const follower = createLogFollower(replica, topics, (changes, cursor, by) => {
    if (by === 'state') seen.forgetAll();
    ownWrites.reached(cursor, by !== 'commit');
    if (by === 'state' || by === 'joined') witnesses.unsettled();
    for (const { key } of changes) witnesses.changed(key);
    board.changed(); // so that a callback that looks sees where it is
    subscriptions.emit(changes);
  });
  const connection = createConnection({
    url,
    token,
    ports,
    log: follower,
    presence: () => presence.current,
    progress,
    nextChange: () => ++lastChange,
    onFrame: (text) => {
      const { epoch } = follower;
      readFrame(text);
      if (follower.epoch !== epoch) witnesses.forget();
      board.changed();
    },
    onState,
    onTooLarge: () => outbox.tooLarge(),
  });
  const breaker = createBreaker(() => circuitOf(connection.state));
  const httpApi = createHttpApi({ url: options.httpUrl, token, instanceId });
  const largeValues = createLargeValues(httpApi);
  const newClient = createRandomName(ports.random) as ClientId;
  const store = options.outboxStore;
  const journal =
    store &&
    createOutboxJournal({
      store,
      newClient,
      ports,
      onError: (error) => callGuarded(onError, error, () => {}),
    });
  for (const { op } of [...(journal?.left.batch ?? []), ...(journal?.left.queued ?? [])]) {
    writeClock.hear(op.hlc);
    seen.recall(op);
  }
  const outbox = createOutbox({
    client: journal?.client ?? newClient,
    journal,
    ports,
    ownWrites,
    batchIntervalMs: options.batchIntervalMs,
    whenFull: options.whenFull,
    send: (batch) => connection.send('write', batch, writeId(batch.n)),
    sendLarge: options.httpUrl === undefined ? undefined : (batch) => largeValues.send(batch, outbox),
    isFollowing: () => connection.state.following,
    onChange: () => board.changed(),
    onAcked: (batch) => callGuarded(options.onAcked, batch, onError),
    onRefused: (error, key) => callGuarded((refused) => options.onRefused(refused, key), error, onError),
  });
  const serverReads = createServerReads(ports, connection.send, breaker.check);
  const requests = createRequests(connection, ports);
  const locks = createLocks(requests, ports);
  const tasks = createTaskQueue(requests, ports);
  const givenUp = createGivenUp(
    (topic) => topics.wanted.includes(topic),
    (patterns) => connection.send('unsubscribe', { patterns, change: ++lastChange }),
  );
  const readFrame = createFrameReader({
    connection,
    givenUp,
    follower,
    outbox,
    belongsTo: journal?.belongsTo ?? (() => true),
    seen,
    clock: writeClock,
    serverClock,
    serverReads,
    requests,
    locks,
    tasks,
    onUnreadable: () => counts.unreadable++,
    onDegraded: (backends) => {
      degraded = backends;
    },
  });
  const board = createStatusBoard(
    () => ({
      state: connection.state.name,
      circuit: circuitOf(connection.state),
      cursor: follower.cursor,
      headLag: follower.headLag,
      pendingOps: outbox.pendingOps,
      reconnects: Math.max(0, counts.connections - 1),
      isFull: outbox.isFull,
      resends: outbox.resends,
      gaps: counts.gaps,
      reloads: follower.reloads,
      unreadable: counts.unreadable,
      degraded,
    }),
    onError,
  );

  function progress() {
    return {
      ...(follower.cursor && { cursor: follower.cursor }),
      events: follower.events,
      clock: writeClock.latest,
      ...(presence.current && { presence: presence.current }),
    };
  }

  function onState(state: ConnectionState, before: ConnectionState): void {
    if (isConnected(state) && !isConnected(before)) {
      counts.connections++;
      isReturning = true;
      arrived.resolve();
      outbox.online();
      serverReads.online();
      requests.online();
      locks.online();
      tasks.online();
    }
    if (isConnected(before) && !isConnected(state)) {
      isReturning = false;
      outbox.offline();
      requests.offline();
      givenUp.forget();
    }
    if (before.name === 'gapped' && state.name === 'catching-up') counts.gaps++;
    if (state.name === 'live') arriveLive();
    if (state.name === 'waiting') follower.restart();
    breaker.changed();
    if (state.name === 'closed') shutDown(new MnemonError(state.code, state.message, causeOf(connection)));
    if (state.name !== before.name) witnesses.unsettled();
    board.changed();
  }

  function arriveLive(): void {
    isReturning = false;
    if (follower.cursor) topics.complete();
    adjust();
  }

  /** What is wanted and given up in one go costs nothing. */
  function adjustSoon(): void {
    if (isAdjustDue) return;
    isAdjustDue = true;
    queueMicrotask(() => {
      isAdjustDue = false;
      adjust();
    });
  }

  /** Follows what is wanted: more first, so that what is held of it is never given up between. */
  function adjust(): void {
    const { state } = connection;
    if (topics.missing.length > 0 && (state.name === 'live' || !state.following)) {
      connection.dispatch({ type: 'follow' });
    } else if (state.name === 'live' && topics.surplus.length > 0) giveUp(topics.surplus);
  }

  /** That it gets lost does no harm: what is still sent is not kept, and the server hears of it again. */
  function giveUp(surplus: readonly string[]): void {
    givenUp.add(surplus);
    topics.drop(surplus);
    replica.keep((key) => isOf(topics.held, key));
    witnesses.unsettled();
  }

  function shutDown(error: MnemonError): void {
    arrived.reject(error);
    topics.close(error);
    outbox.close(error);
    serverReads.close(error);
    locks.close(error);
    tasks.close(error);
    requests.close(error);
    httpApi.close();
    subscriptions.clear();
  }

  return {
    connection,
    replica,
    follower,
    ownWrites,
    outbox,
    largeValues,
    subscriptions,
    witnesses,
    seen,
    writeClock,
    serverClock,
    serverReads,
    breaker,
    locks,
    tasks,
    board,
    presence,
    beat() {
      if (isConnected(connection.state)) connection.send('heartbeat', progress());
    },
    arrived: arrived.promise,
    topics,
    get isReturning() {
      return isReturning;
    },
  };
}

const causeOf = ({ lastFailure }: Connection) => (lastFailure === undefined ? {} : { cause: lastFailure });
