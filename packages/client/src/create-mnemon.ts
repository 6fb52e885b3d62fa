import { matches, patternProblem } from '@mnemon/protocol';
import { checkedOp, checkKey, type Intent } from './checked-op.ts';
import { createTimer, type Timer } from './clock.ts';
import type { Engine } from './engine.ts';
import type { Mnemon, Subscription } from './mnemon.ts';
import { MnemonError } from './mnemon-error.ts';
import type { Written } from './pending-op.ts';
import type { Ports } from './ports.ts';

/** How long `close` waits for the acks of what was written before it. */
const CLOSE_FLUSH_MS = 2_000;

/** The public face of `engine`. */
export function createMnemon(engine: Engine, { clock }: Pick<Ports, 'clock'>): Mnemon {
  const { connection, replica, ownWrites, outbox, subscriptions, seen, writeClock, board, loaded } = engine;
  let closing: Promise<void> | undefined;
  let closeTimer: Timer | undefined;

  function checkOpen(): void {
    const { state } = connection;
    if (state.name === 'closed') throw new MnemonError(state.code, state.message);
    if (closing) throw new MnemonError('closed', 'this client is closing');
  }

  function follow(): void {
    checkOpen();
    connection.dispatch({ type: 'follow' });
  }

  /** Not async: the own value is there before this returns (I9). */
  function submit(intent: Omit<Intent, 'seen' | 'hlc'>): Promise<Written> {
    return new Promise<Written>((resolve) => {
      checkOpen();
      checkKey(intent.key);
      const { op, sizeBytes } = checkedOp({ ...intent, seen: seen.of(intent.key), hlc: writeClock.next() });
      resolve(outbox.add(op, sizeBytes));
    });
  }

  function subscribe(...[pattern, callback]: Parameters<Mnemon['subscribe']>): Subscription {
    checkPattern(pattern);
    follow();
    const unsubscribe = subscriptions.add(pattern, callback);
    return Object.assign(() => unsubscribe(), { ready: loaded });
  }

  async function read(key: string) {
    checkKey(key);
    follow();
    if (!ownWrites.get(key)) await loaded;
    return (ownWrites.get(key) ?? replica.get(key))?.value;
  }

  async function entries(pattern = '**') {
    checkPattern(pattern);
    follow();
    await loaded;
    return replica.live().filter(({ key }) => matches(pattern, key));
  }

  async function flush(): Promise<void> {
    checkOpen();
    await outbox.flush();
  }

  const timeLimit = () =>
    new Promise<void>((resolve) => {
      closeTimer = createTimer(clock, resolve);
      closeTimer.set(CLOSE_FLUSH_MS);
    });

  async function shutDown(): Promise<void> {
    if (outbox.pendingOps > 0) await Promise.race([outbox.flush(), timeLimit()]).catch(() => {});
    closeTimer?.clear();
    connection.dispatch({ type: 'ended', code: 'closed', message: 'this client is closed' });
    await connection.gone();
  }

  return {
    write: (key, value, options) => harmless(submit({ key, value, ...options })),
    delete: (key, options) => harmless(submit({ key, ...options })),
    read: (key) => harmless(read(key)),
    entries: (pattern) => harmless(entries(pattern)),
    subscribe,
    get status() {
      return board.current;
    },
    onStatus: board.listen,
    flush: () => harmless(flush()),
    close: () => (closing ??= shutDown()),
  };
}

function checkPattern(pattern: string): void {
  const problem = typeof pattern === 'string' ? patternProblem(pattern) : 'a pattern is a string';
  if (problem) throw new MnemonError('bad-pattern', problem);
}

/** A rejection that nobody waits for must not end the program. */
function harmless<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
