import type { Entry, JsonValue } from '@mnemon/protocol';
import type { Mnemon } from '../mnemon.ts';
import type { Peeked } from '../reads/reads.ts';
import { CacheManager, type CacheStats } from './cache-manager.ts';

/** What is remembered of a key. */
export interface Cell {
  readonly answer: Promise<JsonValue | undefined>;
  /** The version beneath, as it was told; nothing where there was none. */
  readonly told: Entry | undefined;
  /** That includes all commits of the key up to this one. */
  readonly seq: number;
  readonly heardAt: number;
  /** The period in which it is the answer without looking further. */
  freshIn: number;
  /** When its lifetime ends, by the server's clock. */
  readonly freshUntilMs: number;
  /** There is another version than `told`. */
  isOld: boolean;
}

/** A question to the server that is not answered yet. */
export interface Ask {
  readonly askedAt: number;
  /** The keys of which there has been another version since. */
  readonly changed: Set<string>;
  /** What it answers is to be forgotten. */
  isVoid: boolean;
}

/** A bounded number of cells, and what makes them old. */
export interface Cells {
  readonly stats: CacheStats;
  /** Counts as a use of the key. */
  get(key: string): Cell | undefined;
  peek(key: string): Cell | undefined;
  isFresh(cell: Cell): boolean;
  /** What is known of the key here: by the client, or by `cell`. Throws when the client is closed. */
  look(key: string, cell: Cell | undefined): Peeked;
  /** Keeps what `look` has just said. */
  keep(key: string, here: Peeked, heardAt?: number): Cell;
  begin(): Ask;
  end(ask: Ask): void;
  /** Takes in an answer, unless what is here is newer; nothing when it was overtaken by a change. */
  take(key: string, entry: Entry | undefined, ask: Ask): Cell | undefined;
  written(key: string): void;
  changed(key: string): void;
  unsettled(): void;
  invalidate(pattern: string | RegExp): number;
  clear(): void;
}

const NEVER = -1;

/** `nothing` is what is answered where there is nothing. */
export function createCells(
  memory: Pick<Mnemon, 'peek' | 'serverNowMs'>,
  maxEntries: number,
  nothing: null | undefined,
): Cells {
  const cells = new CacheManager<Cell>(maxEntries);
  const asks = new Set<Ask>();
  let period = 0;
  let moment = 0;

  function look(key: string, cell: Cell | undefined): Peeked {
    const here = memory.peek(key, cell?.told);
    return cell?.isOld && !here.isFollowed ? memory.peek(key) : here;
  }

  function keep(key: string, here: Peeked, heardAt = ++moment): Cell {
    const { value, entry, seq, isCurrent, expiresAtMs } = here;
    const freshIn = isCurrent ? period : NEVER;
    const freshUntilMs = expiresAtMs ?? Number.POSITIVE_INFINITY;
    const answer = Promise.resolve(value === undefined ? nothing : value);
    const cell: Cell = { answer, told: entry, seq, heardAt, freshIn, freshUntilMs, isOld: false };
    cells.set(key, cell);
    return cell;
  }

  function take(key: string, entry: Entry | undefined, ask: Ask): Cell | undefined {
    if (ask.isVoid || ask.changed.has(key)) return undefined;
    const cell = cells.peek(key);
    // Two that were on their way at once may have overtaken each other.
    const isNewer = !cell || cell.isOld || ask.askedAt > cell.heardAt || (entry?.seq ?? 0) > cell.seq;
    return keep(key, memory.peek(key, isNewer ? entry : cell.told));
  }

  function voidAsks(): void {
    for (const ask of asks) ask.isVoid = true;
  }

  return {
    get stats() {
      return cells.stats;
    },
    get: (key) => cells.get(key),
    peek: (key) => cells.peek(key),
    isFresh: ({ freshIn, freshUntilMs }) =>
      freshIn === period &&
      (freshUntilMs === Number.POSITIVE_INFINITY || memory.serverNowMs() < freshUntilMs),
    look,
    keep,
    begin() {
      const ask: Ask = { askedAt: ++moment, changed: new Set(), isVoid: false };
      asks.add(ask);
      return ask;
    },
    end: (ask) => void asks.delete(ask),
    take,
    written(key) {
      const cell = cells.peek(key);
      if (cell) cell.freshIn = NEVER;
    },
    changed(key) {
      for (const ask of asks) ask.changed.add(key);
      const cell = cells.peek(key);
      if (!cell) return;
      cell.freshIn = NEVER;
      cell.isOld = true;
    },
    unsettled() {
      period++;
    },
    invalidate(pattern) {
      voidAsks();
      return cells.invalidate(pattern);
    },
    clear() {
      voidAsks();
      cells.clear();
    },
  };
}
