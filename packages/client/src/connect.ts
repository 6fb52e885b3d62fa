import { instanceIdSchema } from '@mnemon/protocol';
import { createTimer } from './clock.ts';
import type { TokenSource } from './connection.ts';
import { createMnemon } from './create-mnemon.ts';
import { createEngine } from './engine.ts';
import type { Mnemon } from './mnemon.ts';
import { MnemonError } from './mnemon-error.ts';
import { type Ports, realPorts } from './ports.ts';

export interface ConnectOptions {
  /** The WebSocket endpoint: `wss://…`. */
  readonly url: string;
  /** Who connects, and to which space. As a function it is asked anew for each connection, so tokens may expire. */
  readonly token: TokenSource;
  /** The name of this program. One connection per name: a second one replaces the first. */
  readonly instanceId: string;
  /** How long to wait for the first connection. */
  readonly connectTimeoutMs?: number;
  /** Hears what the application's own callbacks throw; by default they are logged. */
  readonly onError?: (error: unknown) => void;
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
  const { token, instanceId, connectTimeoutMs = 10_000, onError = logError } = options;
  const all = { ...realPorts(), ...ports };
  const url = addressOf(options.url, instanceId);
  const engine = createEngine({ url, token, instanceId, onError, ports: all });
  const { connection } = engine;
  const timer = createTimer(all.clock, () =>
    connection.dispatch({
      type: 'ended',
      code: 'unavailable',
      message: `no answer from ${options.url} within ${connectTimeoutMs} ms`,
    }),
  );
  timer.set(connectTimeoutMs);
  connection.dispatch({ type: 'start' });
  try {
    await engine.arrived;
    return createMnemon(engine, all);
  } catch (error) {
    await connection.gone();
    throw error;
  } finally {
    timer.clear();
  }
}

function addressOf(url: string, instanceId: string): string {
  if (!URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol)) {
    throw new MnemonError('bad-request', `not a WebSocket URL: ${url}`);
  }
  if (!instanceIdSchema.safeParse(instanceId).success) {
    throw new MnemonError('bad-request', `not an instance id: ${instanceId}`);
  }
  const address = new URL(url);
  address.searchParams.set('instance', instanceId);
  return address.href;
}

const logError = (error: unknown): void => console.error('mnemon: a callback failed:', error);
