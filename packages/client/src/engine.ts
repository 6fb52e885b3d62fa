import type { Presence } from '@mnemon/protocol';
import type { Breaker } from './circuit.ts';
import type { Connection, TokenSource } from './connection.ts';
import type { KeptTopics } from './kept-topics.ts';
import type { LargeValues } from './large-values.ts';
import type { LockKeeper } from './locks.ts';
import type { LogFollower } from './log-follower.ts';
import type { MnemonError } from './mnemon-error.ts';
import type { AckedBatch, Outbox } from './outbox.ts';
import type { OutboxStore } from './outbox-store/outbox-store.ts';
import type { OwnWrites } from './own-writes.ts';
import type { Ports } from './ports.ts';
import type { OwnPresence } from './presence.ts';
import type { Replica } from './replica.ts';
import type { WhenFull } from './room.ts';
import type { SeenClocks } from './seen-clocks.ts';
import type { ServerClock } from './server-clock.ts';
import type { ServerReads } from './server-reads.ts';
import type { StatusBoard } from './status.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { TaskKeeper } from './task-queue.ts';
import type { Topics } from './topics.ts';
import type { Witnesses } from './witnesses.ts';
import type { WriteClock } from './write-clock.ts';

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
