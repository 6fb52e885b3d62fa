/**
 * Takes the place of `lru-cache` in browsers (`browser` in package.json), where that would be a sixth of what the client may
 * weigh: as much of it as this package uses. A map keeps its keys in the order in which they came: whatever is used is put at its end.
 */
export class LRUCache<Key extends {}, Value extends {}> {
  readonly #entries = new Map<Key, Value>();
  readonly max: number;

  constructor({ max }: { readonly max: number }) {
    this.max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  peek(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  set(key: Key, value: Value): this {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.max) this.#entries.delete(this.#entries.keys().next().value as Key);
    return this;
  }

  delete(key: Key): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** The most recently used first. */
  keys(): Key[] {
    return [...this.#entries.keys()].reverse();
  }
}
