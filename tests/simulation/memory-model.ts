import { isInScope, isLive, type JsonValue, type Scope } from '@mnemon/protocol';

/** One key of the model. Without a value it is deleted. */
export interface Kept {
  value?: JsonValue;
  expiresAtMs?: number;
  /** When it was written, by its writer's clock: of concurrent writes the later one stays. */
  writtenAtMs: number;
}

export type State = ReadonlyMap<string, Kept>;

/** What is there at that time: neither deleted nor expired. */
export const visible = (state: State, nowMs: number): Record<string, JsonValue> =>
  Object.fromEntries(
    [...state].flatMap(([key, kept]) =>
      isLive(kept, nowMs) ? [[key, kept.value as JsonValue] as const] : [],
    ),
  );

/** A memory as it should behave, without a log: every state that it ever had is simply kept. */
export class MemoryModel {
  /** By `seq`. */
  readonly states: State[] = [new Map()];
  readonly committedAtMs: number[] = [0];
  /** Snapshots are there, and compaction went, up to these. */
  floor = 0;
  dropped = 0;
  current = new Map<string, Kept>();

  get headSeq(): number {
    return this.states.length - 1;
  }

  /** The commits up to `headSeq` are made: by the last change, if there was one. */
  commit(headSeq: number, nowMs: number): void {
    while (this.headSeq < headSeq) {
      this.states.push(new Map(this.current));
      this.committedAtMs.push(nowMs);
    }
  }

  /** By whose clock lifetimes are counted at that moment; of the commit that the log begins after, by the next one's. */
  timeOf(seq: number): number {
    return this.committedAtMs[seq > 0 && seq <= this.dropped ? seq + 1 : seq] ?? 0;
  }

  at(seq: number): Record<string, JsonValue> {
    return visible(this.states[seq] ?? new Map(), this.timeOf(seq));
  }

  /** A write that has seen what it replaces. */
  write(key: string, kept: Kept): void {
    this.current.set(key, kept);
  }

  /** A write that has seen nothing. */
  merge(key: string, kept: Kept, nowMs: number): void {
    const former = this.current.get(key);
    if (!former || kept.writtenAtMs > endOf(former, nowMs)) this.current.set(key, kept);
    else if (!isLive(former, nowMs)) this.current.set(key, { writtenAtMs: endOf(former, nowMs) });
  }

  /** Also of nothing: what was written before and arrives later is still deleted. */
  delete(key: string, nowMs: number): void {
    this.current.set(key, { writtenAtMs: nowMs });
  }

  expire(nowMs: number): void {
    for (const [key, kept] of this.current) {
      if (kept.value !== undefined && !isLive(kept, nowMs)) {
        this.current.set(key, { writtenAtMs: endOf(kept, nowMs) });
      }
    }
  }

  /** Those that were made up to the floor, and not replaced since. */
  forgetTombstones(): void {
    for (const [key, kept] of this.states[this.floor] ?? []) {
      if (kept.value === undefined && this.current.get(key) === kept) this.current.delete(key);
    }
  }

  restore(scope: Scope, seq: number, nowMs: number): void {
    const old = this.states[seq] ?? new Map<string, Kept>();
    const oldMs = this.timeOf(seq);
    for (const key of new Set([...old.keys(), ...this.current.keys()])) {
      if (!isInScope(scope, key)) continue;
      const wanted = live(old.get(key), oldMs);
      const replaced = live(this.current.get(key), nowMs);
      if (wanted?.value === replaced?.value && wanted?.expiresAtMs === replaced?.expiresAtMs) continue;
      const { value, expiresAtMs } = wanted ?? {};
      const lifetime = expiresAtMs === undefined ? {} : { expiresAtMs: nowMs + expiresAtMs - oldMs };
      this.current.set(key, {
        ...(value !== undefined && { value }),
        ...lifetime,
        writtenAtMs: nowMs,
      });
    }
  }
}

/** What has expired was deleted when its lifetime ended. */
const endOf = ({ expiresAtMs, writtenAtMs }: Kept, nowMs: number): number =>
  expiresAtMs !== undefined && expiresAtMs <= nowMs ? Math.max(expiresAtMs, writtenAtMs) : writtenAtMs;

const live = (kept: Kept | undefined, nowMs: number): Kept | undefined =>
  isLive(kept, nowMs) ? kept : undefined;
