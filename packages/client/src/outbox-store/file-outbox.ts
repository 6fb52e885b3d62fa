import { mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { JsonValue } from '@mnemon/protocol';
import { MnemonError } from '../mnemon-error.ts';
import { claimFile } from './claim-file.ts';
import type { OutboxStore } from './outbox-store.ts';
import { openRecordLog, type RecordLog } from './record-log.ts';

export interface FileOutboxOptions {
  /** The file; its folder is made where there is none. Others appear beside it: its claim, and for moments a copy. */
  readonly path: string;
  /** From this size on, a file that is twice as large as what it holds is written anew. 1 MB by default. */
  readonly compactAboveBytes?: number;
}

/**
 * Opens an outbox in a file, for the `outboxStore` option. What is saved survives a `kill -9`, not a power cut: it is
 * handed to the operating system, and nobody waits for the disk. Rejects with `outbox-in-use` while another process has the file,
 * and with `outbox-unusable` when it can't be read.
 *
 * @example
 * const outboxStore = await openFileOutbox({ path: './.memory/outbox.ndjson' });
 * const memory = openMnemon({ url, token, instanceId: 'planner', outboxStore });
 */
export async function openFileOutbox(options: FileOutboxOptions): Promise<OutboxStore> {
  const { compactAboveBytes = 1024 * 1024 } = options;
  mkdirSync(dirname(options.path), { recursive: true });
  const path = join(realpathSync(dirname(options.path)), basename(options.path)); // by which way it was named is one
  const giveBack = claimFile(path);
  if (!giveBack) throw new MnemonError('outbox-in-use', `another process has ${path}`);
  try {
    return storeOf(openRecordLog(path, compactAboveBytes), giveBack);
  } catch (cause) {
    giveBack();
    throw new MnemonError('outbox-unusable', `the outbox in ${path} can't be used`, { cause });
  }
}

/** Nothing here takes long: a save is one append that the operating system takes into its memory. */
const storeOf = (log: RecordLog, giveBack: () => void): OutboxStore => ({
  recover: () =>
    [...log.records]
      .sort(([a], [b]) => a - b)
      .map(([id, text]) => [id, JSON.parse(text) as JsonValue] as const),
  async save(changes) {
    log.append(
      [...changes].map(([id, record]) => [id, record === undefined ? undefined : JSON.stringify(record)]),
    );
  },
  async close() {
    log.close();
    giveBack();
  },
});
