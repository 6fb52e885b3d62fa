import {
  type Entry,
  type FoundPage,
  type JsonValue,
  type ListRequest,
  patternProblem,
} from '@mnemon/protocol';
import { createTimer, type Timer } from './clock.ts';
import { withLock } from './coordination/lock.ts';
import type { Engine } from './engine.ts';
import { harmless, harmlessCalls } from './harmless.ts';
import { createIterators } from './iterators.ts';
import type {
  AnyDurability,
  DeleteOptions,
  ListOptions,
  Mnemon,
  PageOptions,
  Subscription,
  WriteOptions,
} from './mnemon.ts';
import { MnemonError } from './mnemon-error.ts';
import { checkedOp, checkKey, type Intent, type OpOptions, putIntent } from './outbox/checked-op.ts';
import type { Written } from './outbox/pending-op.ts';
import type { Ports } from './ports.ts';
import { createConflicts } from './reads/conflicts.ts';
import { createPast } from './reads/past.ts';
import { createReads } from './reads/reads.ts';
import type { Ask } from './reads/server-reads.ts';
import { createSnapshots, createUpkeep } from './reads/upkeep.ts';

/** How long `close` waits for the acks of what was written before it. */
const CLOSE_FLUSH_MS = 2_000;

/** The public face of `engine`. */
export function createMnemon(engine: Engine, { clock }: Pick<Ports, 'clock'>): Mnemon {
  const { connection, replica, outbox, subscriptions, seen, writeClock, board, topics } = engine;
  const { witnesses, serverReads, breaker, locks, tasks } = engine;
  const reads = createReads(engine, checkOpen);
  let closing: Promise<void> | undefined;
  let closeTimer: Timer | undefined;

  function closedBy(): MnemonError | undefined {
    const { state } = connection;
    if (state.name === 'closed') return new MnemonError(state.code, state.message);
    return closing && new MnemonError('closed', 'this client is closed');
  }

  function checkOpen(): void {
    const error = closedBy();
    if (error) throw error;
  }

  /** Not async: the own value is there before this returns (I9). */
  function submit(intent: Intent, options?: OpOptions): Promise<Written> {
    try {
      checkOpen();
      const { key } = intent;
      checkKey(key);
      const pending = checkedOp(intent, options, writeClock.next(), seen.of(key));
      // Who asked for `queued` knows that nothing is answered.
      return options?.durability === 'queued'
        ? (outbox.queue(pending) as Promise<never>)
        : harmless(outbox.add(pending));
    } catch (error) {
      return harmless(Promise.reject(error));
    }
  }

  function subscribe(...[pattern, callback]: Parameters<Mnemon['subscribe']>): Subscription {
    checkPattern(pattern);
    checkOpen();
    const end = subscriptions.add(pattern, callback);
    const { ready, release } = topics.want(pattern);
    const unsubscribe = () => {
      end();
      release();
    };
    return Object.assign(unsubscribe, { ready });
  }

  async function entries(pattern: string): Promise<Entry[]> {
    checkPattern(pattern);
    return reads.entries(pattern);
  }

  async function keys(pattern: string): Promise<string[]> {
    checkPattern(pattern);
    return reads.keys(pattern);
  }

  const ask: Ask = async (type, question) => {
    checkOpen();
    return serverReads.ask(type, question);
  };

  async function list(prefix: string, options: ListOptions = {}): Promise<FoundPage> {
    return ask('read', { list: { ...options, prefix } as ListRequest });
  }

  async function search(text: string, options: PageOptions = {}): Promise<FoundPage> {
    return ask('read', { search: { ...options, text } });
  }

  /** A removal takes back what its writer has seen: so there must be something to see. */
  async function removeFrom(key: string, items: JsonValue[]) {
    checkKey(key);
    checkOpen();
    const complete = topics.wantKey(key);
    if (!replica.get(key)) await breaker.guard(complete);
    return submit({ op: 'change-set', key, remove: items });
  }

  async function lock(...[name, options]: Parameters<Mnemon['lock']>) {
    checkOpen();
    return locks.lock(name, options);
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
    witnesses.unsettled();
    if (outbox.pendingOps > 0) await Promise.race([outbox.flush(), timeLimit()]).catch(() => {});
    closeTimer?.clear();
    connection.dispatch({ type: 'ended', code: 'closed', message: 'this client is closed' });
    await Promise.all([connection.gone(), Promise.race([outbox.gone(), timeLimit()])]);
    closeTimer?.clear();
  }

  return {
    write: (key: string, value: JsonValue, options?: Partial<AnyDurability<WriteOptions>>) =>
      submit(putIntent(key, value), options),
    delete: (key: string, options?: Partial<AnyDurability<DeleteOptions>>) =>
      submit({ op: 'delete', key }, options),
    increment: (key, by = 1) => submit({ op: 'increment', key, by }),
    addTo: (key, ...items) => submit({ op: 'change-set', key, add: items }),
    removeFrom: (key, ...items) => harmless(removeFrom(key, items)),
    read: (key, { mode = 'session' } = {}) => harmless(reads.read(key, mode)),
    peek: reads.peek,
    fetch: (key) => harmless(reads.fetch(key)),
    serverNowMs: engine.serverClock.now,
    witness: witnesses.add,
    list: (prefix, options) => harmless(list(prefix, options)),
    search: (text, options) => harmless(search(text, options)),
    ...harmlessCalls(createPast(ask)),
    ...harmlessCalls(createUpkeep(ask)),
    snapshots: harmlessCalls(createSnapshots(ask)),
    conflicts: harmlessCalls(createConflicts(ask)),
    entries: (pattern = '**') => harmless(entries(pattern)),
    keys: (pattern = '**') => harmless(keys(pattern)),
    lock: (name, options) => harmless(lock(name, options)),
    withLock: (name, options, work) => harmless(withLock({ lock }, name, options, work)),
    tasks: harmlessCalls(tasks.queue),
    nodes: (options = {}) => harmless(ask('nodes', options)),
    announce: engine.presence.announce,
    beat: engine.beat,
    subscribe,
    ...createIterators({ subscribe, peek: reads.peek, onStatus: board.listen }, closedBy),
    connected: engine.arrived,
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
