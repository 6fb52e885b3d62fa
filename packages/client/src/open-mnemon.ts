import { instanceIdSchema, type Presence } from '@mnemon/protocol';
import type { TokenSource } from './connection/connection.ts';
import { createEngine } from './create-engine.ts';
import { createMnemon } from './create-mnemon.ts';
import type { Engine } from './engine.ts';
import type { Mnemon } from './mnemon.ts';
import { MnemonError } from './mnemon-error.ts';
import type { AckedBatch } from './outbox/outbox.ts';
import type { WhenFull } from './outbox/room.ts';
import type { OutboxStore } from './outbox-store/outbox-store.ts';
import { type Ports, realPorts } from './ports.ts';

export interface OpenOptions {
  /** The WebSocket endpoint: `wss://…`. */
  readonly url: string;
  /** The HTTP API, `https://…`: what no frame carries, values of more than 64 KB, goes and comes there. It needs a token. */
  readonly httpUrl?: string;
  /**
   * Who connects, and to which space. As a function it is asked anew for each connection, so tokens may expire; it may
   * answer a `{ ticket }` instead, which a page gets from its own server and never sees a token.
   */
  readonly token: TokenSource;
  /** The name of this program. One connection per name: a second one replaces the first. */
  readonly instanceId: string;
  /** What it says about itself, from the first connection on; `announce` changes it. */
  readonly presence?: Presence;
  /** Hears what the application's own callbacks throw; by default they are logged. */
  readonly onError?: (error: unknown) => void;
  /**
   * How long writes gather after a batch has left, so that there are fewer and larger ones; a write after a pause of this
   * length leaves at once. By default 0: a batch gathers while the one before it is on its way.
   */
  readonly batchIntervalMs?: number;
  /** What becomes of writes while too many are waiting; by default they are refused. */
  readonly whenFull?: WhenFull;
  /**
   * Keeps what isn't acked, so that the next client with this store sends it, each batch as it was and once (I6), and shows
   * it as its own (I9). Belongs to this client from now on, which gives it back when it closes. What `close` rejects
   * is kept there, too.
   */
  readonly outboxStore?: OutboxStore;
  /** Hears of writes that were refused after they were `queued`, when nobody waits for them any more; by default they are logged. */
  readonly onRefused?: (error: MnemonError, key: string) => void;
  /** Hears of each batch that the server has answered, after the promises of its writes. */
  readonly onAcked?: (batch: AckedBatch) => void;
}

/**
 * A client of a space, at once: it connects by itself, and until it has, reads and writes are as they are offline. It
 * tries for as long as it takes; what no other try would change, like a token that is refused, closes it, and
 * `memory.connected` rejects. Throws `bad-request` where `url` or `instanceId` is none.
 *
 * @example
 * const memory = openMnemon({ url, token, instanceId: 'planner' });
 * memory.write('tasks/42/state', 'planned'); // leaves when there is a connection
 * await memory.connected;
 */
export function openMnemon(options: OpenOptions, ports: Partial<Ports> = {}): Mnemon {
  return openClient(options, { ...realPorts(), ...ports }).memory;
}

/** A client that has begun to connect, and what it is made of. */
export function openClient(options: OpenOptions, ports: Ports): { engine: Engine; memory: Mnemon } {
  const { token, instanceId, onError = logError, onRefused = logRefused, onAcked = () => {} } = options;
  const { batchIntervalMs = 0, whenFull = 'refuse', outboxStore } = options;
  const url = addressOf(options.url, instanceId);
  const engine = createEngine({
    url,
    httpUrl: options.httpUrl,
    token,
    instanceId,
    presence: options.presence,
    onError,
    onRefused,
    onAcked,
    batchIntervalMs,
    whenFull,
    outboxStore,
    ports,
  });
  const memory = createMnemon(engine, ports);
  engine.connection.dispatch({ type: 'start' });
  return { engine, memory };
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
const logRefused = (error: MnemonError, key: string): void =>
  console.error(`mnemon: a queued write of ${key} was refused:`, error);
