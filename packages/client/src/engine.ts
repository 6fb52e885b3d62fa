import type { Presence } from '@mnemon/protocol';
import type { Breaker } from './connection/circuit.ts';
import type { Connection, TokenSource } from './connection/connection.ts';
import type { ServerClock } from './connection/server-clock.ts';
import type { LockKeeper } from './coordination/locks.ts';
import type { OwnPresence } from './coordination/presence.ts';
import type { TaskKeeper } from './coordination/task-queue.ts';
import type { MnemonError } from './mnemon-error.ts';
import type { LargeValues } from './outbox/large-values.ts';
import type { AckedBatch, Outbox } from './outbox/outbox.ts';
import type { OwnWrites } from './outbox/own-writes.ts';
import type { WhenFull } from './outbox/room.ts';
import type { WriteClock } from './outbox/write-clock.ts';
import type { OutboxStore } from './outbox-store/outbox-store.ts';
import type { Ports } from './ports.ts';
import type { ServerReads } from './reads/server-reads.ts';
import type { KeptTopics } from './replica/kept-topics.ts';
import type { LogFollower } from './replica/log-follower.ts';
import type { Replica } from './replica/replica.ts';
import type { SeenClocks } from './replica/seen-clocks.ts';
import type { Subscriptions } from './replica/subscriptions.ts';
import type { Topics } from './replica/topics.ts';
import type { Witnesses } from './replica/witnesses.ts';
import type { StatusBoard } from './status.ts';

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
  readonly keptTopics: KeptTopics;
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
