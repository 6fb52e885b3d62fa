import type { Cursor, Entry } from '@mnemon/protocol';
import { isSame } from './cursor-order.ts';

/** All entries of some topics after one commit. */
export interface WholeState {
  readonly cursor: Cursor;
  readonly entries: readonly Entry[];
}

/** The pages of one state, until all are there: it is taken over whole or not at all (I5). */
export interface PartialState {
  /** Whether a page is here. */
  readonly isBegun: boolean;
  /** False for a page of another state, which is not kept. */
  add(page: WholeState & { readonly page?: string | undefined }): boolean;
  /** Takes the state out once its last page is there. */
  take(): WholeState | undefined;
  clear(): void;
}

/** A state of which nothing is there yet. */
export function createPartialState(): PartialState {
  let begun: { cursor: Cursor; entries: Entry[] } | undefined;
  let isWhole = false;

  function clear(): void {
    begun = undefined;
    isWhole = false;
  }

  return {
    get isBegun() {
      return begun !== undefined;
    },
    add({ cursor, entries, page }) {
      begun ??= { cursor, entries: [] };
      if (!isSame(begun.cursor, cursor)) return false;
      begun.entries.push(...entries);
      isWhole = page === undefined;
      return true;
    },
    take() {
      if (!isWhole) return undefined;
      const whole = begun;
      clear();
      return whole;
    },
    clear,
  };
}
