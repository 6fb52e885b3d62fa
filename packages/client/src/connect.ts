import { createTimer } from './clock.ts';
import type { Mnemon } from './mnemon.ts';
import { type OpenOptions, openClient } from './open-mnemon.ts';
import { type Ports, realPorts } from './ports.ts';

export interface ConnectOptions extends OpenOptions {
  /** How long to wait for the first connection. */
  readonly connectTimeoutMs?: number;
}

/**
 * Connects to a space. Resolves once the server has answered; from then on the client reconnects by itself. Rejects
 * with a `MnemonError` when the token was refused (`unauthorized`, where the platform shows it), when the server speaks
 * another protocol version (`unsupported-version`) or when nothing answered in time (`unavailable`).
 *
 * @example
 * const memory = await connect({ url, token, instanceId: 'planner' });
 * memory.subscribe('tasks/**', ({ key, value, author }) => console.log(key, value, author));
 * await memory.write('tasks/42/state', { done: true }); // resolves when it is durable
 */
export async function connect(options: ConnectOptions, ports: Partial<Ports> = {}): Promise<Mnemon> {
  const { url, connectTimeoutMs = 10_000 } = options;
  const all = { ...realPorts(), ...ports };
  const { engine, memory } = openClient(options, all);
  const message = `no answer from ${url} within ${connectTimeoutMs} ms`;
  const timer = createTimer(all.clock, () =>
    engine.connection.dispatch({ type: 'ended', code: 'unavailable', message }),
  );
  timer.set(connectTimeoutMs);
  try {
    await memory.connected;
    return memory;
  } catch (error) {
    await Promise.all([engine.connection.gone(), engine.outbox.gone()]);
    throw error;
  } finally {
    timer.clear();
  }
}
