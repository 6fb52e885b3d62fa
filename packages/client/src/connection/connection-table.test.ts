import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ConnectionEvent,
  type ConnectionState,
  type EventName,
  type EventOf,
  initialState,
  type StateName,
  type StateOf,
} from './connection-state.ts';
import { transition } from './connection-table.ts';

const always = { attempt: 2, refusals: 0, following: true, renewable: true };
const connected = { ...always, heartbeatMs: 1_000, beatAwaited: false };
const STATES: { [Name in StateName]: StateOf<Name> } = {
  idle: { ...always, name: 'idle' },
  connecting: { ...always, name: 'connecting' },
  handshaking: { ...always, name: 'handshaking', joining: true },
  'catching-up': { ...connected, name: 'catching-up', ask: 'subscribe', asks: 1 },
  live: { ...connected, name: 'live' },
  gapped: { ...connected, name: 'gapped' },
  waiting: { ...always, name: 'waiting' },
  closed: { ...always, name: 'closed', code: 'closed', message: '' },
};
const EVENTS: { [Name in EventName]: EventOf<Name> } = {
  start: { type: 'start' },
  opened: { type: 'opened' },
  connected: { type: 'connected', heartbeatMs: 1_000, missed: 'done' },
  page: { type: 'page', missed: 'done' },
  'ask-failed': { type: 'ask-failed' },
  behind: { type: 'behind', moved: false },
  level: { type: 'level' },
  beat: { type: 'beat' },
  deadline: { type: 'deadline' },
  heartbeat: { type: 'heartbeat' },
  follow: { type: 'follow' },
  lost: { type: 'lost' },
  refused: { type: 'refused', code: 'unauthorized', message: '' },
  ended: { type: 'ended', code: 'closed', message: '' },
};

const stay = <Name extends StateName>(name: Name) =>
  Object.fromEntries(Object.keys(EVENTS).map((event) => [event, name])) as Record<EventName, Name>;
const leave = { lost: 'waiting', refused: 'waiting', ended: 'closed' } as const;

/** Where each event leads from each state; what isn't named stays. */
const EXPECTED: Record<StateName, Record<EventName, StateName>> = {
  idle: { ...stay('idle'), start: 'connecting', ended: 'closed' },
  connecting: { ...stay('connecting'), ...leave, opened: 'handshaking', deadline: 'waiting' },
  handshaking: { ...stay('handshaking'), ...leave, connected: 'live', deadline: 'waiting' },
  'catching-up': { ...stay('catching-up'), ...leave, page: 'live' },
  live: { ...stay('live'), ...leave, behind: 'gapped', follow: 'catching-up' },
  gapped: { ...stay('gapped'), ...leave, level: 'live', deadline: 'catching-up' },
  waiting: { ...stay('waiting'), deadline: 'connecting', ended: 'closed' },
  closed: stay('closed'),
};

const cells = Object.entries(EXPECTED).flatMap(([from, row]) =>
  Object.entries(row).map(([event, to]) => [from, event, to] as [StateName, EventName, StateName]),
);

test.each(cells)('%s, %s -> %s', (from, event, to) => {
  expect(transition(STATES[from], EVENTS[event], 0.5).state.name).toBe(to);
});

const go = (state: ConnectionState, ...events: ConnectionEvent[]) => {
  let last = { state, effects: [] as readonly unknown[] };
  for (const event of events) last = transition(last.state, event, 0.5);
  return last;
};

test('a client that only writes subscribes to nothing, and asks when it first reads', () => {
  const writer = go(initialState(false), EVENTS.start, EVENTS.opened, {
    ...EVENTS.connected,
    missed: 'unknown',
  });
  expect(writer.state.name).toBe('live');
  const reader = go(writer.state, EVENTS.follow);
  expect(reader.state.name).toBe('catching-up');
  expect(reader.effects).toContainEqual({ do: 'ask', how: 'subscribe' });
});

test('a read during the handshake subscribes right after it', () => {
  const { state, effects } = go(
    initialState(false),
    EVENTS.start,
    EVENTS.opened,
    EVENTS.follow,
    EVENTS.connected,
  );
  expect(state.name).toBe('catching-up');
  expect(effects).toContainEqual({ do: 'ask', how: 'subscribe' });
});

test('a page that never comes is asked for three times, then the connection is cut', () => {
  const asked = go(STATES['catching-up'], EVENTS.deadline, EVENTS.deadline);
  expect(asked.state).toMatchObject({ name: 'catching-up', asks: 3 });
  const { state, effects } = go(asked.state, EVENTS.deadline);
  expect(state.name).toBe('waiting');
  expect(effects).toContainEqual({ do: 'cut' });
});

test('a heartbeat without an answer cuts the connection, one with an answer does not (I4)', () => {
  expect(go(STATES.live, EVENTS.heartbeat, EVENTS.heartbeat).state.name).toBe('waiting');
  expect(go(STATES.live, EVENTS.heartbeat, EVENTS.beat, EVENTS.heartbeat).state.name).toBe('live');
});

test('a refused token closes a client that has only one, and in the end also one that can get others', () => {
  const fixed = { ...STATES.connecting, renewable: false };
  expect(go(fixed, EVENTS.refused).state).toMatchObject({ name: 'closed', code: 'unauthorized' });
  const again = [EVENTS.refused, EVENTS.deadline];
  expect(go(STATES.connecting, ...again, ...again, ...again, ...again).state.name).toBe('connecting');
  expect(go(STATES.connecting, ...again, ...again, ...again, ...again, EVENTS.refused).state.name).toBe(
    'closed',
  );
});

test('waiting grows with each failure, is jittered in full, capped, and starts over once a connection lasts', () => {
  const waits = (attempt: number, chance: number) =>
    transition({ ...STATES.connecting, attempt }, EVENTS.lost, chance).effects.at(-1);
  expect(waits(0, 0.5)).toMatchObject({ timer: 'deadline', ms: 125 });
  expect(waits(3, 0.5)).toMatchObject({ ms: 1_000 });
  expect(waits(50, 0.999999)).toMatchObject({ ms: 15_000 });
  expect(waits(50, 0)).toMatchObject({ ms: 0 });
  expect(go(STATES.handshaking, EVENTS.connected).state.attempt).toBe(2);
  expect(go(STATES.handshaking, EVENTS.connected, EVENTS.heartbeat).state.attempt).toBe(0);
});

test('whatever happens, each state has just the timers that it waits for', () => {
  const waitsFor: Record<StateName, string[]> = {
    idle: [],
    connecting: ['deadline'],
    handshaking: ['deadline'],
    'catching-up': ['deadline', 'heartbeat'],
    live: ['heartbeat'],
    gapped: ['deadline', 'heartbeat'],
    waiting: ['deadline'],
    closed: [],
  };
  const events = fc.array(fc.constantFrom(...Object.values(EVENTS)), { maxLength: 60, size: 'max' });
  fc.assert(
    fc.property(events, fc.boolean(), (happened, renewable) => {
      let state = initialState(renewable);
      const running = new Set<string>();
      for (const event of happened) {
        if (event.type === 'deadline' || event.type === 'heartbeat') {
          if (!running.delete(event.type)) continue; // a timer that isn't set doesn't run out
        }
        const { state: next, effects } = transition(state, event, 0.5);
        for (const effect of effects) {
          if (effect.do === 'timer' && effect.ms !== undefined) running.add(effect.timer);
          else if (effect.do === 'timer') running.delete(effect.timer);
        }
        const hangsUp = isGone(next) && next.name !== state.name;
        expect(effects.some((effect) => effect.do === 'cut')).toBe(hangsUp);
        state = next;
        expect([...running].sort(), `in ${state.name} after ${event.type}`).toEqual(waitsFor[state.name]);
      }
    }),
  );
});

const isGone = (state: ConnectionState) => state.name === 'waiting' || state.name === 'closed';
