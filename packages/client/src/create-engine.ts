import type { Cursor } from '@mnemon/protocol';
import { circuitOf, createBreaker } from './connection/circuit.ts';
import { type Connection, createConnection } from './connection/connection.ts';
import { type ConnectionState, isConnected } from './connection/connection-state.ts';
import { createHttpApi } from './connection/http-api.ts';
import { createRequests } from './connection/requests.ts';
import { createServerClock } from './connection/server-clock.ts';
import { createFrameReader, writeId } from './connection/server-frames.ts';
import { createLocks } from './coordination/locks.ts';
import { createOwnPresence } from './coordination/presence.ts';
import { createTaskQueue } from './coordination/task-queue.ts';
import { createDeferred } from './deferred.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { MnemonError } from './mnemon-error.ts';
import { createLargeValues } from './outbox/large-values.ts';
import { openOutbox } from './outbox/open-outbox.ts';
import { createOwnWrites } from './outbox/own-writes.ts';
import { createWriteClock } from './outbox/write-clock.ts';
import { createServerReads } from './reads/server-reads.ts';
import type { Change } from './replica/change.ts';
import { createLogFollower } from './replica/create-log-follower.ts';
import { createFollowing } from './replica/following.ts';
import { createKeptTopics } from './replica/kept-topics.ts';
import type { Move } from './replica/log-follower.ts';
import { createReplica } from './replica/replica.ts';
import { createSeenClocks } from './replica/seen-clocks.ts';
import { createSubscriptions } from './replica/subscriptions.ts';
import { createTopics } from './replica/topics.ts';
import { createWitnesses } from './replica/witnesses.ts';
import { createStatusBoard } from './status.ts';

/** A client at rest, in the state `idle`. Throws `outbox-unusable` as `openOutbox` does. */
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
  let isReturning = false;

  const topics = createTopics(() => following.adjustSoon());
  const keptTopics = createKeptTopics(topics, ports.clock);
  const follower = createLogFollower(replica, topics, onMoved);
  const connection = createConnection({
    url,
    token,
    ports,
    log: follower,
    presence: () => presence.current,
    progress,
    nextChange: () => following.nextChange(),
    onFrame,
    onState,
    onTooLarge: () => outbox.tooLarge(),
  });
  const following = createFollowing({ connection, topics, replica, seen, witnesses });
  const breaker = createBreaker(() => circuitOf(connection.state));
  const httpApi = createHttpApi({ url: options.httpUrl, token, instanceId });
  const largeValues = createLargeValues(httpApi);
  const { outbox, belongsTo } = openOutbox({
    ...options,
    store: options.outboxStore,
    largeValues: options.httpUrl === undefined ? undefined : largeValues,
    ownWrites,
    recall(op) {
      writeClock.hear(op.hlc);
      seen.recall(op);
    },
    send: (batch) => connection.send('write', batch, writeId(batch.n)),
    isFollowing: () => connection.state.following,
    onChange: () => board.changed(),
  });
  const serverReads = createServerReads(ports, connection.send, breaker.check);
  const requests = createRequests(connection, ports);
  const locks = createLocks(requests, ports);
  const tasks = createTaskQueue(requests, ports);
  /** Whoever waits for the server, in the order in which they speak on a new connection. */
  const askers = [outbox, serverReads, requests, locks, tasks];
  const readFrame = createFrameReader({
    connection,
    givenUp: following.givenUp,
    follower,
    outbox,
    belongsTo,
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

  function onMoved(changes: readonly Change[], cursor: Cursor, by: Move): void {
    if (by === 'state') seen.forgetAll();
    ownWrites.reached(cursor, by !== 'commit');
    if (by === 'state' || by === 'joined') witnesses.unsettled();
    for (const { key } of changes) witnesses.changed(key);
    board.changed(); // so that a callback that looks sees where it is
    subscriptions.emit(changes);
  }

  function onFrame(text: string): void {
    const { epoch } = follower;
    readFrame(text);
    if (follower.epoch !== epoch) witnesses.forget();
    board.changed();
  }

  function progress() {
    return {
      ...(follower.cursor && { cursor: follower.cursor }),
      events: follower.events,
      clock: writeClock.latest,
      ...(presence.current && { presence: presence.current }),
    };
  }

  function onState(state: ConnectionState, before: ConnectionState): void {
    if (isConnected(state) && !isConnected(before)) begin();
    if (isConnected(before) && !isConnected(state)) end();
    if (before.name === 'gapped' && state.name === 'catching-up') counts.gaps++;
    if (state.name === 'live') arriveLive();
    if (state.name === 'waiting') follower.restart();
    breaker.changed();
    if (state.name === 'closed') shutDown(new MnemonError(state.code, state.message, causeOf(connection)));
    if (state.name !== before.name) witnesses.unsettled();
    board.changed();
  }

  function begin(): void {
    counts.connections++;
    isReturning = true;
    arrived.resolve();
    for (const asker of askers) asker.online();
  }

  function end(): void {
    isReturning = false;
    outbox.offline();
    requests.offline();
    following.givenUp.forget();
  }

  function arriveLive(): void {
    isReturning = false;
    if (follower.cursor) topics.complete();
    following.adjust();
  }

  function shutDown(error: MnemonError): void {
    arrived.reject(error);
    keptTopics.close();
    topics.close(error);
    for (const asker of askers) asker.close(error);
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
    keptTopics,
    get isReturning() {
      return isReturning;
    },
  };
}

const causeOf = ({ lastFailure }: Connection) => (lastFailure === undefined ? {} : { cause: lastFailure });
