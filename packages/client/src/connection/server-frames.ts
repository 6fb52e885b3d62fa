import {
  type CaughtUp,
  type CaughtUpPayload,
  type Changes,
  type Connected,
  type Delivery,
  type ErrorCode,
  type ErrorFrame,
  type HeartbeatAnswer,
  PROTOCOL_VERSION,
  parseServerFrame,
  type ServerFrame,
  type WireError,
} from '@mnemon/protocol';
import type { LockKeeper } from '../coordination/locks.ts';
import type { TaskKeeper } from '../coordination/task-queue.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { WriteClock } from '../outbox/write-clock.ts';
import { isServerAnswer, type ServerReads } from '../reads/server-reads.ts';
import type { GivenUp } from '../replica/given-up.ts';
import type { LogFollower } from '../replica/log-follower.ts';
import type { SeenClocks } from '../replica/seen-clocks.ts';
import type { Connection } from './connection.ts';
import type { Requests } from './requests.ts';
import type { ServerClock } from './server-clock.ts';

const WRITE = 'write-';

/** The frame that carries batch `n`, whenever it is sent. */
export const writeId = (n: number): string => `${WRITE}${n}`;

const batchNumber = (id: string): number | undefined =>
  id.startsWith(WRITE) ? Number(id.slice(WRITE.length)) : undefined;

export interface FrameReaderOptions {
  readonly connection: Connection;
  readonly follower: LogFollower;
  readonly givenUp: GivenUp;
  readonly outbox: Outbox;
  /** Whether what an earlier program left to be sent may be sent to `space`. */
  readonly belongsTo: (space: string) => boolean;
  readonly seen: SeenClocks;
  readonly clock: WriteClock;
  readonly serverClock: ServerClock;
  readonly serverReads: ServerReads;
  readonly requests: Requests;
  readonly locks: LockKeeper;
  readonly tasks: Pick<TaskKeeper, 'hear'>;
  /** A frame that is no message: API Gateway's own errors, for one. Time-outs do the rest. */
  readonly onUnreadable: () => void;
  readonly onDegraded: (backends: readonly string[]) => void;
}

/** Takes what the server says to whom it concerns. */
export function createFrameReader(options: FrameReaderOptions): (text: string) => void {
  const {
    connection,
    follower,
    givenUp,
    outbox,
    seen,
    clock,
    serverClock,
    serverReads,
    requests,
    locks,
    tasks,
  } = options;

  // What isn't here, `pong`, answers what this client doesn't say.
  function read(frame: ServerFrame): void {
    if (frame.type === 'changes') readChanges(frame);
    else if (frame.type === 'caught-up') readCaughtUp(frame);
    else if (frame.type === 'connected') readConnected(frame);
    else if (frame.type === 'heartbeat') readHeartbeat(frame);
    else if (isServerAnswer(frame)) serverReads.answered(frame.id, frame.payload);
    else if (frame.type === 'task') requests.answered(frame) || tasks.hear(frame);
    else if (frame.type === 'lock') requests.answered(frame) || locks.hear(frame);
    else if (frame.type === 'disconnect') dismiss(frame.payload);
    else if (frame.type === 'unsubscribe') givenUp.answered(frame.id);
    else if (frame.type === 'error') readError(frame);
  }

  function readConnected({ id, payload }: Connected): void {
    if (!connection.takeAnswer(id)) return;
    if (payload.protocolVersion !== PROTOCOL_VERSION) {
      const message = `the server speaks version ${payload.protocolVersion}, not ${PROTOCOL_VERSION}`;
      dismiss({ code: 'unsupported-version', message });
      return;
    }
    if (!options.belongsTo(payload.space)) {
      const message = `the outbox store holds writes of another space than ${payload.space}`;
      connection.dispatch({ type: 'ended', code: 'outbox-unusable', message });
      return;
    }
    follower.hear(payload.head);
    const taken = payload.missed ? takePage(payload.missed) : 'broken';
    const missed = taken === 'broken' ? 'unknown' : taken;
    connection.dispatch({ type: 'connected', heartbeatMs: payload.heartbeatMs, missed });
  }

  function readCaughtUp({ id, payload }: CaughtUp): void {
    if (!connection.takeAnswer(id)) return;
    const missed = takePage(payload);
    connection.dispatch(missed === 'broken' ? { type: 'ask-failed' } : { type: 'page', missed });
  }

  function readHeartbeat({ payload: { head, newest = head, degraded } }: HeartbeatAnswer): void {
    follower.hearBeat(head, newest); // I4: the frame that was lost last is noticed here
    options.onDegraded(degraded);
    // Not while more is asked for: a change with a greater number would overtake that.
    if (connection.state.name === 'live') givenUp.repeat();
  }

  function takePage(page: CaughtUpPayload) {
    if (page.recovered) hearCommits(page.commits);
    else for (const { hlc } of page.entries) clock.hear(hlc);
    return follower.takePage(page);
  }

  function readChanges({ payload: { epoch, commits, acks = [] } }: Changes): void {
    hearCommits(commits);
    const { following } = connection.state;
    for (const { seq, events } of commits) {
      for (const event of events) {
        if (!following || !follower.follows(event.key)) seen.learn({ ...event, seq });
      }
    }
    if (following) follower.receive(epoch, commits);
    for (const ack of acks) {
      for (const outcome of ack.outcomes) {
        if (outcome.status === 'refused' && outcome.current) seen.learn(outcome.current);
      }
      if (ack.commit && connection.state.following) follower.hearOf(epoch, ack.commit);
      outbox.acked(ack, epoch);
    }
  }

  function hearCommits(commits: readonly Delivery[]): void {
    for (const { events } of commits) for (const { hlc } of events) clock.hear(hlc);
  }

  function readError({ id, payload: error }: ErrorFrame): void {
    const n = batchNumber(id);
    if (ABOUT_CONNECTION.has(error.code)) dismiss(error);
    else if (n !== undefined) outbox.failed(n, error);
    else if (!serverReads.failed(id, error) && !requests.failed(id, error) && connection.takeAnswer(id))
      readRefusal(error);
  }

  /** The server refused to connect, or to let this client catch up. */
  function readRefusal({ code, message, retryable, retryAfterMs }: WireError): void {
    const forget = code === 'bad-cursor';
    follower.restart(forget);
    if (connection.state.name !== 'handshaking') {
      connection.dispatch({ type: 'ask-failed', ...(retryAfterMs !== undefined && { retryAfterMs }) });
    } else if (retryable || forget) connection.dispatch({ type: 'lost' });
    else connection.dispatch({ type: 'ended', code, message });
  }

  function dismiss({ code, message }: Pick<WireError, 'code' | 'message'>): void {
    if (TOKEN_REFUSED.has(code)) connection.dispatch({ type: 'refused', code, message });
    else if (FOR_GOOD.has(code)) connection.dispatch({ type: 'ended', code, message });
    else connection.dispatch({ type: 'lost' });
  }

  function reportProgress(): void {
    connection.dispatch(
      follower.isBehind ? { type: 'behind', moved: follower.hasMoved() } : { type: 'level' },
    );
  }

  return (text) => {
    const parsed = parseServerFrame(text);
    if (!parsed.ok) {
      options.onUnreadable();
      return;
    }
    clock.hear({ wallMs: parsed.frame.timestamp, counter: 0 });
    serverClock.hear(parsed.frame.timestamp);
    if (isAnswer(parsed.frame)) connection.dispatch({ type: 'beat' });
    read(parsed.frame);
    if (connection.state.following) reportProgress();
  };
}

/** Whether the server heard this client, whatever it says to it: both directions work. A push shows one. */
const isAnswer = ({ type, payload }: ServerFrame): boolean =>
  type === 'changes'
    ? payload.acks !== undefined && payload.acks.length > 0
    : type === 'lock'
      ? payload.is !== 'freed'
      : type === 'task'
        ? payload.is !== 'available'
        : type !== 'disconnect';

const TOKEN_REFUSED: ReadonlySet<ErrorCode> = new Set(['token-expired', 'unauthorized']);
const FOR_GOOD: ReadonlySet<ErrorCode> = new Set(['replaced', 'unsupported-version']);
const ABOUT_CONNECTION: ReadonlySet<ErrorCode> = new Set([
  ...TOKEN_REFUSED,
  ...FOR_GOOD,
  'not-connected',
] as const);
