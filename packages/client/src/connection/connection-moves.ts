import { backoffMs } from '../backoff.ts';
import type { ConnectionState, Effect, EventOf, StateOf, Transition } from './connection-state.ts';

/** How long opening a socket may take, the token included. */
const OPEN_TIMEOUT_MS = 10_000;
/** How long an answer may take before it counts as lost. */
const ANSWER_TIMEOUT_MS = 5_000;
/** How long a commit may be late before it is asked for: posts of different invocations overtake each other. */
const GAP_WAIT_MS = 100;
/** How often one page is asked for before the connection counts as broken. */
const MAX_ASKS = 3;
/** How many tokens in a row may be refused. */
const MAX_REFUSALS = 5;

type Live = StateOf<'catching-up' | 'live' | 'gapped'>;

const deadline = (ms?: number): Effect => ({
  do: 'timer',
  timer: 'deadline',
  ...(ms !== undefined && { ms }),
});
const heartbeat = (ms?: number): Effect => ({
  do: 'timer',
  timer: 'heartbeat',
  ...(ms !== undefined && { ms }),
});

const always = ({ attempt, refusals, following, renewable }: ConnectionState) => ({
  attempt,
  refusals,
  following,
  renewable,
});
const connected = (state: Live) => ({
  ...always(state),
  heartbeatMs: state.heartbeatMs,
  beatAwaited: state.beatAwaited,
});

export const ignore = (state: ConnectionState): Transition => ({ state, effects: [] });

export const follow = (state: ConnectionState): Transition => ({
  state: { ...state, following: true },
  effects: [],
});

export const open = (state: ConnectionState): Transition => ({
  state: { ...always(state), name: 'connecting' },
  effects: [{ do: 'open' }, deadline(OPEN_TIMEOUT_MS)],
});

export const greet = (state: ConnectionState): Transition => ({
  state: { ...always(state), name: 'handshaking', joining: state.following },
  effects: [{ do: 'hello' }, deadline(ANSWER_TIMEOUT_MS)],
});

/** Cuts whatever is left of the connection and tries another one later. */
export function retry(state: ConnectionState, _event: unknown, chance: number): Transition {
  const waitMs = backoffMs(state.attempt, chance);
  return {
    state: { ...always(state), attempt: state.attempt + 1, name: 'waiting' },
    effects: [{ do: 'cut' }, heartbeat(), deadline(waitMs)],
  };
}

export function refuse(state: ConnectionState, event: EventOf<'refused'>, chance: number): Transition {
  const refusals = state.refusals + 1;
  if (!state.renewable || refusals >= MAX_REFUSALS) return end(state, event);
  return retry({ ...state, refusals }, event, chance);
}

export const end = (state: ConnectionState, event: EventOf<'ended' | 'refused'>): Transition => ({
  state: { ...always(state), name: 'closed', code: event.code, message: event.message },
  effects: [{ do: 'goodbye' }, { do: 'cut' }, heartbeat(), deadline()],
});

/** The handshake is done: what is missing is asked for, if the application reads at all. */
export function arrive(state: StateOf<'handshaking'>, event: EventOf<'connected'>): Transition {
  const { heartbeatMs, missed } = event;
  const base = { ...always(state), refusals: 0, heartbeatMs, beatAwaited: false };
  const beats = [heartbeat(heartbeatMs)];
  if (!state.following || (state.joining && missed === 'done')) return goLive(base, beats);
  return ask({ ...base, name: 'catching-up', ask: state.joining ? 'catch-up' : 'subscribe', asks: 0 }, beats);
}

const goLive = (base: Omit<StateOf<'live'>, 'name'>, effects: Effect[] = []): Transition => ({
  state: { ...base, name: 'live' },
  effects: [...effects, deadline()],
});

const ask = (state: StateOf<'catching-up'>, effects: Effect[] = []): Transition => ({
  state: { ...state, asks: state.asks + 1 },
  effects: [...effects, { do: 'ask', how: state.ask }, deadline(ANSWER_TIMEOUT_MS)],
});

/** Asks for the current page again: it, or the request for it, got lost. */
export const askAgain = (
  state: StateOf<'catching-up'>,
  event: EventOf<'deadline'>,
  chance: number,
): Transition => (state.asks < MAX_ASKS ? ask(state) : retry(state, event, chance));

export const takePage = (state: StateOf<'catching-up'>, event: EventOf<'page'>): Transition =>
  event.missed === 'done' ? goLive(connected(state)) : ask({ ...state, ask: 'catch-up', asks: 0 });

export const askLater = (
  state: StateOf<'catching-up'>,
  event: EventOf<'ask-failed'>,
  chance: number,
): Transition => ({
  state,
  effects: [deadline(event.retryAfterMs ?? backoffMs(state.asks, chance))],
});

/** The application reads what isn't held yet. */
export const join = (state: Live): Transition =>
  ask({ ...connected(state), following: true, name: 'catching-up', ask: 'subscribe', asks: 0 });

export const noticeGap = (state: StateOf<'live'>): Transition => ({
  state: { ...connected(state), name: 'gapped' },
  effects: [deadline(GAP_WAIT_MS)],
});

/** While commits still come, the missing one may: the wait starts anew. */
export const stillGapped = (state: StateOf<'gapped'>, event: EventOf<'behind'>): Transition => ({
  state,
  effects: event.moved ? [deadline(GAP_WAIT_MS)] : [],
});

export const healed = (state: StateOf<'gapped'>): Transition => goLive(connected(state));

export const askForGap = (state: StateOf<'gapped'>): Transition =>
  ask({ ...connected(state), name: 'catching-up', ask: 'catch-up', asks: 0 });

/** I4: a heartbeat after which nothing is answered for one interval means a connection that carries nothing any more. */
export const pulse = (state: Live, event: EventOf<'heartbeat'>, chance: number): Transition =>
  state.beatAwaited
    ? retry(state, event, chance)
    : {
        state: { ...state, attempt: 0, beatAwaited: true },
        effects: [{ do: 'beat' }, heartbeat(state.heartbeatMs)],
      };

export const answered = (state: Live): Transition => ({
  state: { ...state, beatAwaited: false },
  effects: [],
});
