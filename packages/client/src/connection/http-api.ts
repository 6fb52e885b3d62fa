import {
  type Ack,
  type Batch,
  type JsonValue,
  type LargeValue,
  type WireError,
  wireError,
} from '@mnemon/protocol';
import { fromWire, MnemonError } from '../mnemon-error.ts';
import type { TokenSource } from './connection.ts';

const REQUEST_TIMEOUT_MS = 30_000;

/** What no frame could carry goes and comes here. */
export interface HttpApi {
  /** The ack of a batch; asked again for the same batch, the same (I6). Rejects with a `MnemonError`. */
  write(batch: Batch): Promise<{ ack: Ack; epoch: string }>;
  /** The value that `large` stands for, as its hash proves. */
  read(key: string, large: LargeValue): Promise<JsonValue>;
  close(): void;
}

/** Rejects all with `value-too-large` where there is no `url`. */
export function createHttpApi({
  url,
  token,
  instanceId,
}: {
  url: string | undefined;
  token: TokenSource;
  instanceId: string;
}): HttpApi {
  const closing = new AbortController();

  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    if (url === undefined) throw new MnemonError('value-too-large', 'this client has no `httpUrl`');
    const shown = typeof token === 'function' ? await token() : token;
    if (typeof shown !== 'string') {
      throw new MnemonError('unauthorized', 'a ticket opens a connection, and nothing else');
    }
    const headers = { ...init.headers, authorization: `Bearer ${shown}`, 'x-mnemon-instance': instanceId };
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
    try {
      const answer = await fetch(url.replace(/\/$/, '') + path, { ...init, headers, signal });
      if (answer.ok) return answer;
      throw fromWire(await problemOf(answer));
    } catch (cause) {
      if (cause instanceof MnemonError) throw cause;
      throw new MnemonError('unavailable', `no answer from ${url}`, { cause });
    }
  }

  return {
    async write({ client, n, ops }) {
      const answer = await ask('/entries', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': `${client}/${n}` },
        body: JSON.stringify({ ops }),
      });
      const { epoch, ...told } = (await answer.json()) as Pick<Ack, 'outcomes' | 'commit'> & {
        epoch: string;
      };
      return { ack: { ...told, client, n, shared: 1 }, epoch };
    },
    async read(key, { hash }) {
      const answer = await ask(`/value?key=${encodeURIComponent(key)}&hash=${hash}`);
      const bytes = await answer.arrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      const found = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      if (found !== hash) throw new MnemonError('internal', `the value of ${key} is not what its hash says`);
      return JSON.parse(new TextDecoder().decode(bytes)) as JsonValue;
    },
    close: () => closing.abort(),
  };
}

/** What an answer that is none says. */
export async function problemOf(answer: Response): Promise<WireError> {
  const problem = await answer.json().catch(() => ({}));
  const { code, detail, retryAfterMs } = problem as {
    code?: WireError['code'];
    detail?: string;
    retryAfterMs?: number;
  };
  // What has no code was said by something in between.
  return wireError(code ?? 'unavailable', detail ?? `HTTP ${answer.status}`, {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}
