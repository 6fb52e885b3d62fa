import { embeddedStore, memoryConnections, memoryEventBus, memoryFanout } from '@mnemon/adapters/memory';
import { type Caller, contendedPartitions, forget, type Ports } from '@mnemon/core';
import { interceptPorts } from '@mnemon/functions/host';
import { readSettings } from '@mnemon/functions/settings';
import { answerFrame } from '@mnemon/functions/ws/answer-frame';
import { type Grant, instanceIdSchema, spaceIdSchema } from '@mnemon/protocol';
import type { FakeClock } from '@mnemon/testing/fake-clock';
import type { Accept } from '@mnemon/testing/faulty-network';

/** What goes wrong inside the service, per call of a port. */
export interface ServiceFaults {
  /** Calls take up to this long, each on its own, so that invocations interleave. */
  maxCallMs: number;
  /** That the invocation ends there, as if its environment had died. */
  killRate: number;
}

export interface SimulatedService {
  accept: Accept;
  ports: Ports;
  setFaults(faults: ServiceFaults): void;
}

export const SPACE = spaceIdSchema.parse('simulated');
const HEARTBEAT_MS = 1_000;

/** The real handlers' code over the real use-cases, in fake time, with handlers that die at any step. */
export function simulatedService(
  clock: FakeClock,
  random: () => number,
  grantsOf: (instanceId: string) => readonly Grant[] = () => [{ pattern: '**', access: 'write' }],
): SimulatedService {
  let faults: ServiceFaults = { maxCallMs: 1, killRate: 0 };
  let ids = 0;
  let connected = 0;
  const fanout = memoryFanout();
  const { close: _, ...storage } = embeddedStore({ now: clock.now });
  const bare: Ports = {
    ...storage,
    ...{ fanout, clock },
    connections: memoryConnections({ staleAfterMs: 60_000 }),
    bus: memoryEventBus(),
    contended: contendedPartitions(clock),
    randomId: () => `id-${++ids}`,
  };
  const pause = () => new Promise<void>((resolve) => clock.setTimeout(resolve, random() * faults.maxCallMs));
  const intercept = async () => {
    await pause();
    if (random() < faults.killRate) await new Promise(() => {}); // nothing runs after this
  };
  const env = { AUTH_SECRETS: 'a'.repeat(32), HEARTBEAT_MS: String(HEARTBEAT_MS) };
  const settings = readSettings(env, true);
  const app: Parameters<typeof answerFrame>[0] = {
    ports: interceptPorts(bare, intercept),
    settings,
    limit: async () => undefined,
    takeWrite: () => 0,
    verify: async () => ({ ok: false, problem: 'invalid' }),
    pause: (ms) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms)),
  };

  const accept: Accept = (socket) => {
    const instanceId = instanceIdSchema.parse(socket.url.searchParams.get('instance'));
    const caller: Caller = {
      space: SPACE,
      instanceId,
      userId: 'somebody',
      grants: grantsOf(instanceId),
      tokenExpiresAtMs: clock.now() + 1e9,
      connectionId: `connection-${++ids}`,
      connectedAtMs: ++connected, // in this order, also within a millisecond
    };
    const detach = fanout.attach(caller.connectionId, {
      receive: (frame) => socket.send(frame),
      closed: () => socket.close(),
    });
    return {
      received: (text) => void answerFrame(app, caller, text),
      ended() {
        detach();
        void forget(app.ports, caller);
      },
    };
  };
  return {
    accept,
    ports: bare,
    setFaults: (next) => {
      faults = next;
    },
  };
}
