import type { ClientId } from '@mnemon/protocol';
import { type Connection, createConnection, type TokenSource } from './connection.ts';
import { type ConnectionState, isConnected } from './connection-state.ts';
import { createDeferred } from './deferred.ts';
import { createLogFollower } from './log-follower.ts';
import { MnemonError } from './mnemon-error.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { createOwnWrites, type OwnWrites } from './own-writes.ts';
import type { Ports } from './ports.ts';
import { createReplica, type Replica } from './replica.ts';
import { createSeenClocks, type SeenClocks } from './seen-clocks.ts';
import { createFrameReader, writeId } from './server-frames.ts';
import { createStatusBoard, type StatusBoard } from './status.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions.ts';
import { createWriteClock, type WriteClock } from './write-clock.ts';

/** The parts of a client, wired: what happens on the connection reaches replica, outbox, subscribers and status. */
export interface Engine {
  readonly connection: Connection;
  readonly replica: Replica;
  readonly ownWrites: OwnWrites;
  readonly outbox: Outbox;
  readonly subscriptions: Subscriptions;
  readonly seen: SeenClocks;
  readonly writeClock: WriteClock;
  readonly board: StatusBoard;
  /** Resolves when connected for the first time. */
  readonly arrived: Promise<void>;
  /** Resolves when the replica is complete for the first time. */
  readonly loaded: Promise<void>;
}

export interface EngineOptions {
  readonly url: string;
  readonly token: TokenSource;
  readonly instanceId: string;
  readonly onError: (error: unknown) => void;
  readonly ports: Ports;
}

export function createEngine({ url, token, instanceId, onError, ports }: EngineOptions): Engine {
  const replica = createReplica(instanceId);
  const ownWrites = createOwnWrites();
  const seen = createSeenClocks(replica);
  const writeClock = createWriteClock(ports.clock.now);
  const subscriptions = createSubscriptions(onError);
  const arrived = createDeferred();
  const loaded = createDeferred();
  const counts = { connections: 0, gaps: 0, unreadable: 0 };
  let degraded: readonly string[] = [];

  const follower = createLogFollower(replica, (changes, cursor, by) => {
    if (by === 'state') seen.forgetAll();
    ownWrites.reached(cursor, by !== 'commit');
    board.changed(); // so that a callback that looks sees where it is
    subscriptions.emit(changes);
  });
  const connection = createConnection({
    url,
    token,
    ports,
    log: follower,
    progress: () => ({
      ...(follower.cursor && { cursor: follower.cursor }),
      events: follower.events,
      clock: writeClock.latest,
    }),
    onFrame: (text) => {
      readFrame(text);
      board.changed();
    },
    onState,
    onTooLarge: () => outbox.tooLarge(),
  });
  const outbox = createOutbox({
    client: createClientId(ports.random),
    ports,
    ownWrites,
    send: (batch) => connection.send('write', batch, writeId(batch.n)),
    isFollowing: () => connection.state.following,
    onChange: () => board.changed(),
  });
  const readFrame = createFrameReader({
    connection,
    follower,
    outbox,
    seen,
    clock: writeClock,
    onUnreadable: () => counts.unreadable++,
    onDegraded: (backends) => {
      degraded = backends;
    },
  });
  const board = createStatusBoard(
    () => ({
      state: connection.state.name,
      cursor: follower.cursor,
      headLag: follower.headLag,
      pendingOps: outbox.pendingOps,
      reconnects: Math.max(0, counts.connections - 1),
      resends: outbox.resends,
      gaps: counts.gaps,
      reloads: follower.reloads,
      unreadable: counts.unreadable,
      degraded,
    }),
    onError,
  );

  function onState(state: ConnectionState, before: ConnectionState): void {
    if (isConnected(state) && !isConnected(before)) {
      counts.connections++;
      arrived.resolve();
      outbox.online();
    }
    if (isConnected(before) && !isConnected(state)) outbox.offline();
    if (before.name === 'gapped' && state.name === 'catching-up') counts.gaps++;
    if (state.name === 'live' && follower.cursor) loaded.resolve();
    if (state.name === 'waiting') follower.restart();
    if (state.name === 'closed') shutDown(new MnemonError(state.code, state.message, causeOf(connection)));
    board.changed();
  }

  function shutDown(error: MnemonError): void {
    arrived.reject(error);
    loaded.reject(error);
    outbox.close(error);
    subscriptions.clear();
  }

  return {
    connection,
    replica,
    ownWrites,
    outbox,
    subscriptions,
    seen,
    writeClock,
    board,
    arrived: arrived.promise,
    loaded: loaded.promise,
  };
}

const causeOf = ({ lastFailure }: Connection) => (lastFailure === undefined ? {} : { cause: lastFailure });

/** 128 random bits: no two outboxes of a space may ever share a name. */
const createClientId = (random: () => number): ClientId =>
  Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('') as ClientId;
