/*
 * The life of a connection, pure: (state, event) -> { state, effects }. No clock, no socket, no randomness inside.
 *
 *          start           opened              connected, nothing missed
 *   idle ────────► connecting ────► handshaking ───────────────────────► live ◄────────┐
 *                    ▲    │              │  │ connected, more to ask      │ ▲ │ behind  │ level
 *           deadline │    │ failed       │  ▼                             │ │ ▼         │
 *                    │    ▼              │ catching-up ───── page done ───┼─┘ gapped ──┘
 *                  waiting ◄─────────────┘  ▲  │ ▲ │ page more           │      │
 *                    ▲                      │  │ └─┘       follow        │      │ deadline
 *                    │ lost, no answer      └──┼───────────────(live)────┘      │
 *                    └─────────────────────────┴────────────── catching-up ◄────┘
 *
 *   every state ── ended, or the token refused for good ──► closed
 *
 * `gapped` is live with a commit missing: early arrivals are normal, so it waits a moment before it asks (I4).
 * In `catching-up`, `live` and `gapped` (the connected states) writes flow and heartbeats run.
 */

import type { MnemonErrorCode } from '../mnemon-error.ts';

interface Always {
  /** Connections that failed since one lasted a heartbeat: what breaks at once each time is not tried at once. */
  readonly attempt: number;
  /** Tokens refused since one was last accepted. */
  readonly refusals: number;
  /** Whether the application reads: then every connection subscribes. */
  readonly following: boolean;
  /** Whether another token can be had after one was refused. */
  readonly renewable: boolean;
}

interface Connected extends Always {
  readonly heartbeatMs: number;
  /** A heartbeat is out and not answered yet. */
  readonly beatAwaited: boolean;
}

interface Stages {
  idle: Always;
  connecting: Always;
  /** `joining`: the connect frame carried the subscription. */
  handshaking: Always & { readonly joining: boolean };
  /** `asks`: how often the current page has been asked for. */
  'catching-up': Connected & { readonly ask: 'subscribe' | 'catch-up'; readonly asks: number };
  live: Connected;
  gapped: Connected;
  waiting: Always;
  closed: Always & { readonly code: MnemonErrorCode; readonly message: string };
}

export type StateName = keyof Stages;
export type StateOf<Name extends StateName> = Name extends StateName
  ? Stages[Name] & { readonly name: Name }
  : never;
export type ConnectionState = StateOf<StateName>;

interface Happenings {
  start: object;
  /** The socket is open. */
  opened: object;
  /** `connected` came, with what was missed. */
  connected: { readonly heartbeatMs: number; readonly missed: 'unknown' | 'more' | 'done' };
  /** A page of a catch-up was taken in. */
  page: { readonly missed: 'more' | 'done' };
  /** A catch-up was refused, or its page was unusable. */
  'ask-failed': { readonly retryAfterMs?: number };
  /** A commit is missing. `moved`: others were applied since this was last said. */
  behind: { readonly moved: boolean };
  /** Nothing is missing as far as known. */
  level: object;
  /** Something was answered, be it with a refusal. */
  beat: object;
  /** The time for what this state waits for is over. */
  deadline: object;
  /** The time for a heartbeat has come. */
  heartbeat: object;
  /** The application reads what isn't held yet: for the first time, or more topics than before. */
  follow: object;
  /** The connection failed or can't be used any more; another may work. */
  lost: object;
  /** The token was not accepted. */
  refused: { readonly code: MnemonErrorCode; readonly message: string };
  /** For good: closed by the application, or a reason that another connection would meet again. */
  ended: { readonly code: MnemonErrorCode; readonly message: string };
}

export type EventName = keyof Happenings;
export type EventOf<Name extends EventName> = Name extends EventName
  ? Happenings[Name] & { readonly type: Name }
  : never;
export type ConnectionEvent = EventOf<EventName>;

export type Effect =
  /** Get a token and open a socket. */
  | { readonly do: 'open' }
  /** Send the connect frame. */
  | { readonly do: 'hello' }
  /** Ask for what is missing. */
  | { readonly do: 'ask'; readonly how: 'subscribe' | 'catch-up' }
  | { readonly do: 'beat' }
  | { readonly do: 'goodbye' }
  /** Close the socket, whatever comes of it. */
  | { readonly do: 'cut' }
  /** Replace a timer; without `ms`, stop it. */
  | { readonly do: 'timer'; readonly timer: 'deadline' | 'heartbeat'; readonly ms?: number };

export interface Transition {
  readonly state: ConnectionState;
  readonly effects: readonly Effect[];
}

export const initialState = (renewable: boolean): ConnectionState => ({
  name: 'idle',
  attempt: 0,
  refusals: 0,
  following: false,
  renewable,
});

/** The states in which the server knows this client, so that writes may be sent. */
export const isConnected = (state: ConnectionState): boolean =>
  state.name === 'catching-up' || state.name === 'live' || state.name === 'gapped';
