import { type Batch, type Entry, type JsonValue, type WireError, wireError } from '@mnemon/protocol';
import { LRUCache } from 'lru-cache';
import type { HttpApi } from '../connection/http-api.ts';
import { isMnemonError } from '../mnemon-error.ts';
import type { Outbox } from './outbox.ts';

/** So many values of up to 1 MB are kept here, those that were read last. */
const VALUES_HELD = 16;

/** Values that are kept beside the log: sent by the outbox like any, read when somebody asks for them. */
export interface LargeValues {
  /** What an entry stands for: its value, or the one that it names. */
  valueOf(entry: Entry | undefined): Promise<JsonValue | undefined>;
  /** The same, where it is here; `undefined` is one that would have to be asked for. */
  held(entry: Entry | undefined): JsonValue | undefined;
  /** Sends a batch of one such value. A batch that is on its way already is not sent again. */
  send(batch: Batch, outbox: Pick<Outbox, 'acked' | 'failed'>): void;
}

export function createLargeValues(api: HttpApi): LargeValues {
  const values = new LRUCache<string, JsonValue & {}>({ max: VALUES_HELD });
  let sending: number | undefined;

  async function transmit(batch: Batch, outbox: Pick<Outbox, 'acked' | 'failed'>): Promise<void> {
    try {
      const { ack, epoch } = await api.write(batch);
      sending = undefined; // before the next one is sent
      outbox.acked(ack, epoch);
    } catch (error) {
      sending = undefined;
      outbox.failed(batch.n, wireErrorOf(error));
    }
  }

  const nameOf = ({ key, large }: Entry): string => `${large?.hash}/${key}`;

  return {
    async valueOf(entry) {
      if (!entry?.large || entry.value !== null) return entry?.value;
      const name = nameOf(entry);
      const value = values.get(name) ?? ((await api.read(entry.key, entry.large)) as JsonValue & {});
      values.set(name, value);
      return value;
    },
    held: (entry) => (entry?.large && entry.value === null ? values.get(nameOf(entry)) : entry?.value),
    send(batch, outbox) {
      if (sending === batch.n) return;
      sending = batch.n;
      void transmit(batch, outbox);
    },
  };
}

const wireErrorOf = (error: unknown): WireError =>
  isMnemonError(error) && error.cause !== undefined && 'retryable' in (error.cause as object)
    ? (error.cause as WireError)
    : wireError('unavailable', String(error));
