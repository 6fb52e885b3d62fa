import { setTimeout as sleep } from 'node:timers/promises';
import { type Fanout, type Post, type PostResult, Unavailable } from '@mnemon/core';
import { mapBounded } from '../map-bounded.ts';
import { type ManagementApi, managementApi } from './management-api.ts';

export interface ApiGatewayFanoutOptions {
  /** The stage's management API, or where it is. */
  api: ManagementApi | { endpoint: string; region: string };
  /** Posts at a time, each on a kept connection of its own. */
  maxInFlight?: number;
  /** Spreads attempts; from 0 to 1. */
  random?: () => number;
  log?: Pick<Console, 'error'>;
  /** Hears what each attempt is answered. */
  onStatus?: (status: number) => void;
}

/**
 * Each pause is between half and the whole of these, all together 175 to 350 ms. Whoever cannot be reached by then
 * catches up by itself (I4), and nobody behind it in the queue waits longer.
 */
const PAUSES_MS = [50, 100, 200];

/** Gateway Timeout: nobody answered, neither the connection's gateway nor whoever stands before it. */
const TIMED_OUT = 504;

/**
 * Posts through API Gateway's management API. A recipient's failure is its result; that this server may not post at all
 * is nobody's result and throws `Unavailable`.
 */
export function apiGatewayFanout({
  api: place,
  maxInFlight = 64,
  random = Math.random,
  log = console,
  onStatus = () => {},
}: ApiGatewayFanoutOptions): Fanout {
  let made: ManagementApi | undefined;
  const api = (): ManagementApi => {
    made ??= 'endpoint' in place ? managementApi({ ...place, maxSockets: maxInFlight }) : place;
    return made;
  };

  async function attempt(connectionId: string, call: () => Promise<number>): Promise<PostResult> {
    for (const pauseMs of [...PAUSES_MS, undefined]) {
      const status = await call().catch(statusOfFailure);
      onStatus(status);
      if (status < 300) return 'delivered';
      if (status === 410) return 'gone';
      if (status === 403) throw misconfigured();
      // One wait was long enough: those behind would wait for the next ones, too.
      if (status === TIMED_OUT) return 'failed';
      if (status < 500 && status !== 429) {
        // 413 or 400: a frame that should not have been made, an id that is none.
        log.error(`API Gateway answers ${status} for connection ${connectionId}`);
        return 'failed';
      }
      if (pauseMs !== undefined) await sleep(pauseMs * (0.5 + random() / 2));
    }
    return 'failed';
  }

  function statusOfFailure(error: Error): number {
    // Without credentials nothing leaves for anybody. Else the way is broken: as good as an error of the server.
    if (error.name === 'CredentialsProviderError') throw misconfigured(error);
    return error.name === 'TimeoutError' ? TIMED_OUT : 503;
  }

  function misconfigured(cause?: Error): Unavailable {
    log.error(
      'this server may not call API Gateway: its credentials, rights or endpoint are wrong',
      cause ?? '',
    );
    return new Unavailable('apigateway', { cause });
  }

  async function postFrames({ connectionId, frames }: EncodedPost): Promise<PostResult> {
    for (const frame of frames) {
      const result = await attempt(connectionId, () => api().post(connectionId, frame));
      // Those behind a lost frame would only be a gap to their reader.
      if (result !== 'delivered') return result;
    }
    return 'delivered';
  }

  return {
    post: (posts) => mapBounded(encoded(posts), maxInFlight, postFrames),

    async close(connectionId) {
      await attempt(connectionId, () => api().close(connectionId));
    },
  };
}

interface EncodedPost {
  connectionId: string;
  frames: readonly Uint8Array[];
}

/** Encodes each distinct frame once, however many connections it goes to. */
function encoded(posts: readonly Post[]): EncodedPost[] {
  const encoder = new TextEncoder();
  const known = new Map<string, Uint8Array>();
  const encode = (frame: string): Uint8Array => {
    const bytes = known.get(frame) ?? encoder.encode(frame);
    known.set(frame, bytes);
    return bytes;
  };
  return posts.map(({ connectionId, frames }) => ({ connectionId, frames: frames.map(encode) }));
}
