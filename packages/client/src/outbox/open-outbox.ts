import type { ClientId, Op } from '@mnemon/protocol';
import { callGuarded } from '../guarded-call.ts';
import type { OutboxStore } from '../outbox-store/outbox-store.ts';
import type { Ports } from '../ports.ts';
import { createRandomName } from '../random-name.ts';
import { createOutbox } from './create-outbox.ts';
import type { LargeValues } from './large-values.ts';
import type { Outbox, OutboxOptions } from './outbox.ts';
import { createOutboxJournal } from './outbox-journal.ts';

export interface OpenOutboxOptions extends Omit<OutboxOptions, 'client' | 'journal' | 'ports' | 'sendLarge'> {
  readonly store: OutboxStore | undefined;
  /** Carries what no frame can; left out where nothing does. */
  readonly largeValues: LargeValues | undefined;
  readonly ports: Ports;
  /** Hears of each operation that an earlier program has left in the store. */
  readonly recall: (op: Op) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * A client's outbox, which continues what `store` holds of an earlier one. `belongsTo` tells whether that may be sent to a
 * space. Throws `outbox-unusable` where the store holds what no outbox has left there.
 */
export function openOutbox(options: OpenOutboxOptions): {
  readonly outbox: Outbox;
  belongsTo(space: string): boolean;
} {
  const { store, largeValues, ports, onError } = options;
  const newClient = createRandomName(ports.random) as ClientId;
  const onSaveFailed = (error: unknown) => callGuarded(onError, error, () => {});
  const journal = store && createOutboxJournal({ store, newClient, ports, onError: onSaveFailed });
  for (const { op } of [...(journal?.left.batch ?? []), ...(journal?.left.queued ?? [])]) options.recall(op);
  const outbox = createOutbox({
    ...options,
    client: journal?.client ?? newClient,
    journal,
    sendLarge: largeValues && ((batch) => largeValues.send(batch, outbox)),
    onAcked: (batch) => callGuarded(options.onAcked, batch, onError),
    onRefused: (error, key) => callGuarded((refused) => options.onRefused(refused, key), error, onError),
  });
  return { outbox, belongsTo: journal?.belongsTo ?? (() => true) };
}
