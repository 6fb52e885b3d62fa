import type { Policy, Retention, SpaceId } from '@mnemon/protocol';
import type { Manifest } from '../domain/manifest.ts';

/** What a space opens with. */
export interface Opening {
  epoch: string;
  policies: readonly Policy[];
  retention?: Retention;
}

/** Names a part of an export that is sent in several requests: of which upload, and which one, from 0 on. */
export interface ImportPart {
  upload: string;
  number: number;
}

/**
 * Spaces that are being filled. A reserved space is closed: nobody can open, read or write it through its name, and
 * `EventLog.append` fills it, as long as its `importId` has it. It opens in one step, whole; what a crash leaves stays closed and is cleared by the next attempt.
 */
export interface Imports {
  /** Reserves the space for `importId`, also when another import has reserved it. False when it is open: nothing happens. */
  reserve(space: SpaceId, importId: string): Promise<boolean>;

  /**
   * Takes out at most `limit` rows of what is in the reserved space. Answers how many; nothing happens once the space is
   * another's.
   */
  clear(space: SpaceId, importId: string, limit: number): Promise<number>;

  /**
   * Publishes the snapshot that the log begins with and raises the floor to it, in one step. False when the space is not
   * reserved for this import any more: nothing happens.
   */
  beginLog(space: SpaceId, importId: string, base: Manifest): Promise<boolean>;

  /** The `seq` of each entry in the space whose key is one of `keys`. */
  seqsOf(space: SpaceId, keys: readonly string[]): Promise<ReadonlyMap<string, number>>;

  /** Opens the space. False when it is not reserved for this import any more. */
  finish(space: SpaceId, importId: string, opening: Opening): Promise<boolean>;

  /**
   * Keeps a part of an export that is to be imported, whatever the space is; one of the same name is replaced. Those of
   * the space's other uploads are forgotten: who sends parts without end fills no store.
   */
  putPart(space: SpaceId, part: ImportPart, text: string, nowMs: number): Promise<void>;

  /** A store forgets parts of a day ago. */
  part(space: SpaceId, part: ImportPart): Promise<string | undefined>;

  /** Gives the name back; nothing happens when it is not reserved for this import any more. What was filled in has to be cleared before. */
  release(space: SpaceId, importId: string): Promise<void>;
}
