import { type ClientFrame, PROTOCOL_VERSION, type Presence } from '@mnemon/protocol';
import { createTimer } from '../clock.ts';
import type { Ports } from '../ports.ts';
import type { LogFollower } from '../replica/log-follower.ts';
import {
  type ConnectionEvent,
  type ConnectionState,
  type Effect,
  initialState,
  isConnected,
} from './connection-state.ts';
import { transition } from './connection-table.ts';
import { type Socket, type SocketEnd, type SocketRequest, TOO_LARGE } from './socket.ts';

/** Opens one connection, once: what a web page is given that shall not see the token. From `POST /tickets`. */
export interface Ticket {
  readonly ticket: string;
}

/** Asked anew for each connection, so that a token may expire, and a ticket is used once. */
export type TokenSource = string | (() => string | Ticket | Promise<string | Ticket>);

/** The connection machine, at work: it runs the effects and brings back what comes of them. */
export interface Connection {
  readonly state: ConnectionState;
  dispatch(event: ConnectionEvent): void;
  /** Sends a frame; its answer repeats `id`, by default a new one. What is sent without a connection is lost. */
  send<Type extends ClientFrame['type']>(type: Type, payload: PayloadOf<Type>, id?: string): string;
  /** Whether `id` is of the connect frame or of the newest ask; each is answered once. */
  takeAnswer(id: string): boolean;
  /** Why the last connection failed. */
  readonly lastFailure: unknown;
  /** Resolves when every socket that was ever opened is gone. */
  gone(): Promise<void>;
}

export type PayloadOf<Type extends ClientFrame['type']> = Extract<ClientFrame, { type: Type }>['payload'];

export interface ConnectionOptions {
  readonly url: string;
  readonly token: TokenSource;
  readonly ports: Ports;
  /** What to say on a connection; the connection itself doesn't know the log. */
  readonly log: Pick<LogFollower, 'hello' | 'joinAsk' | 'nextAsk'>;
  /** Numbers a change of the subscriptions: greater than all before. */
  readonly nextChange: () => number;
  /** What this client says about itself. */
  readonly presence: () => Presence | undefined;
  /** What a heartbeat says. */
  readonly progress: () => PayloadOf<'heartbeat'>;
  readonly onFrame: (text: string) => void;
  /** The gateway closed a standing connection because a message on it was too large. */
  readonly onTooLarge: () => void;
  readonly onState: (state: ConnectionState, before: ConnectionState) => void;
}

/** A connection in the state `idle`. */
export function createConnection(options: ConnectionOptions): Connection {
  const { url, token, ports, log, nextChange, onFrame, onState, onTooLarge } = options;
  const closing = new Set<Promise<void>>();
  const events: ConnectionEvent[] = [];
  const timers = {
    deadline: createTimer(ports.clock, () => dispatch({ type: 'deadline' })),
    heartbeat: createTimer(ports.clock, () => dispatch({ type: 'heartbeat' })),
  };
  let state = initialState(typeof token === 'function');
  let socket: Socket | undefined;
  let generation = 0; // tells what comes of an older socket from what comes of this one
  let lastId = 0;
  let awaitedId: string | undefined;
  let lastFailure: unknown;
  let isDispatching = false;

  // Effects may report at once: what they report waits until the transition is complete.
  function dispatch(event: ConnectionEvent): void {
    events.push(event);
    if (isDispatching) return;
    isDispatching = true;
    try {
      for (let next = events.shift(); next; next = events.shift()) {
        const before = state;
        const { state: after, effects } = transition(before, next, ports.random());
        state = after;
        for (const effect of effects) run(effect);
        if (after !== before) onState(after, before);
      }
    } finally {
      isDispatching = false;
    }
  }

  function run(effect: Effect): void {
    switch (effect.do) {
      case 'open':
        void open(++generation);
        break;
      case 'hello':
        awaitedId = hello();
        break;
      case 'ask':
        awaitedId =
          effect.how === 'catch-up'
            ? send('catch-up', log.nextAsk())
            : send('subscribe', { ...log.joinAsk(), change: nextChange() });
        break;
      case 'beat':
        send('heartbeat', options.progress());
        break;
      case 'goodbye':
        send('disconnect', {});
        break;
      case 'cut':
        cut();
        break;
      case 'timer':
        if (effect.ms === undefined) timers[effect.timer].clear();
        else timers[effect.timer].set(effect.ms);
    }
  }

  function hello(): string {
    const { patterns, ...held } = state.following ? log.hello() : { patterns: [] };
    const presence = options.presence();
    return send('connect', {
      protocolVersion: PROTOCOL_VERSION,
      subscriptions: patterns,
      ...held,
      ...(presence && { presence }),
    });
  }

  async function open(mine: number): Promise<void> {
    try {
      const current = typeof token === 'function' ? await token() : token;
      if (mine !== generation) return;
      socket = ports.openSocket(requestOf(url, current), {
        opened: () => mine === generation && dispatch({ type: 'opened' }),
        received: (text) => mine === generation && onFrame(text),
        ended: (end) => mine === generation && failed(end),
      });
    } catch (cause) {
      if (mine === generation) failed({ cause });
    }
  }

  function failed(end: SocketEnd): void {
    socket = undefined;
    lastFailure = end.cause ?? (end.httpStatus && new Error(`the server answered HTTP ${end.httpStatus}`));
    if (end.httpStatus === 401 || end.httpStatus === 403) {
      const message = `the server refused the token (HTTP ${end.httpStatus})`;
      dispatch({ type: 'refused', code: 'unauthorized', message });
      return;
    }
    const wasTooLarge = end.closeCode === TOO_LARGE && isConnected(state);
    dispatch({ type: 'lost' });
    if (wasTooLarge) onTooLarge();
  }

  function cut(): void {
    generation++;
    awaitedId = undefined;
    if (!socket) return;
    const gone = socket.close();
    socket = undefined;
    closing.add(gone);
    void gone.then(() => closing.delete(gone));
  }

  function send<Type extends ClientFrame['type']>(
    type: Type,
    payload: PayloadOf<Type>,
    id = `${type}-${++lastId}`,
  ): string {
    socket?.send(JSON.stringify({ type, id, timestamp: ports.clock.now(), payload }));
    return id;
  }

  function takeAnswer(id: string): boolean {
    if (id !== awaitedId) return false;
    awaitedId = undefined;
    return true;
  }

  return {
    get state() {
      return state;
    },
    get lastFailure() {
      return lastFailure;
    },
    dispatch,
    send,
    takeAnswer,
    gone: async () => void (await Promise.all(closing)),
  };
}

function requestOf(url: string, shown: string | Ticket): SocketRequest {
  if (typeof shown === 'string') return { url, token: shown };
  const address = new URL(url);
  address.searchParams.set('ticket', shown.ticket);
  return { url: address.href };
}
