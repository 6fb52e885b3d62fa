import { matches } from '@mnemon/protocol';
import { LRUCache } from 'lru-cache';

export interface CacheStats {
  readonly size: number;
  readonly maxSize: number;
  readonly hits: number;
  readonly misses: number;
  /** Entries that were taken out by `invalidate`, `delete` and `clear`. */
  readonly invalidated: number;
}

/** LRUCache takes `undefined` for nothing known. */
interface Known<Value> {
  readonly value: Value | undefined;
}

/**
 * The values of the most recently used keys. That there is nothing under a key can be known, too: then `has` is true and
 * `get` answers `undefined`.
 *
 * @example
 * const cache = new CacheManager<number>(100);
 * cache.set('tasks/1/progress', 0.5);
 * cache.invalidate('tasks/**'); // 1
 */
export class CacheManager<Value> {
  readonly #entries: LRUCache<string, Known<Value>>;
  #hits = 0;
  #misses = 0;
  #invalidated = 0;

  constructor(maxSize = 1000) {
    this.#entries = new LRUCache({ max: maxSize });
  }

  get(key: string): Value | undefined {
    const known = this.#entries.get(key);
    if (known === undefined) this.#misses++;
    else this.#hits++;
    return known?.value;
  }

  /** Like `get`, and counts as no use of the key. */
  peek(key: string): Value | undefined {
    return this.#entries.peek(key)?.value;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  set(key: string, value: Value | undefined): void {
    this.#entries.set(key, { value });
  }

  delete(key: string): boolean {
    const wasThere = this.#entries.delete(key);
    if (wasThere) this.#invalidated++;
    return wasThere;
  }

  /** Takes out the keys that match a pattern, as in `subscribe`, or a regular expression. Answers how many. */
  invalidate(pattern: string | RegExp): number {
    const isMeant = matcherOf(pattern);
    return [...this.#entries.keys()].filter((key) => isMeant(key) && this.delete(key)).length;
  }

  clear(): void {
    this.#invalidated += this.#entries.size;
    this.#entries.clear();
  }

  get stats(): CacheStats {
    return {
      size: this.#entries.size,
      maxSize: this.#entries.max,
      hits: this.#hits,
      misses: this.#misses,
      invalidated: this.#invalidated,
    };
  }
}

function matcherOf(pattern: string | RegExp): (key: string) => boolean {
  if (typeof pattern === 'string') return (key) => matches(pattern, key);
  // A global or sticky expression would begin where the last key ended.
  const expression = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  return (key) => expression.test(key);
}
