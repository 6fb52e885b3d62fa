import type { JsonValue } from '@mnemon/protocol';

/** Records to set by their id, and ids to remove: those without a record. */
export type OutboxChanges = ReadonlyMap<number, JsonValue | undefined>;

/**
 * Where an outbox keeps what isn't acked, so that it survives the program: a small table of records, opened by one
 * program at a time. Who opens it while another has it is told `outbox-in-use`; one that was killed has it no more.
 */
export interface OutboxStore {
  /** What was in it when it was opened, in the order of ids; to be asked once. */
  recover(): readonly (readonly [id: number, record: JsonValue])[];
  /**
   * Makes all of the changes or none, after those of every save before. Resolves once a program that opens the store
   * after this one was killed would find them; a power cut may lose them. Rejects when none was made.
   */
  save(changes: OutboxChanges): Promise<void>;
  /** Gives it back, for another program to open. What was saved stays. */
  close(): Promise<void>;
}
