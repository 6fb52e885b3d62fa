import type { CaughtUpPayload, Cursor, Delivery, Entry } from '@mnemon/protocol';
import type { Change } from './change.ts';
import { cursorAt, distance, furthest, isSame } from './cursor-order.ts';
import { createEarlyArrivals } from './early-arrivals.ts';
import { createPartialCommit } from './partial-commit.ts';
import type { Replica } from './replica.ts';

type Reload = { readonly cursor: Cursor; readonly entries: Entry[] };

/** Takes a replica along the log: what is pushed, what is asked for, and what is known to exist (I3, I4, I5). */
export interface LogFollower {
  /** Where the replica is; nothing before the first state is there. */
  readonly cursor: Cursor | undefined;
  /** Commits that exist, as far as heard, and aren't applied yet. */
  readonly headLag: number;
  /** Whether something is missing. */
  readonly isBehind: boolean;
  readonly reloads: number;
  /** How many events were applied so far, a state's entries not counted. */
  readonly events: number;
  /** Pushed commits: applied if it is their turn, else they wait. */
  receive(epoch: string, commits: readonly Delivery[]): void;
  /** Word of how far the log reaches. */
  hear(head: Cursor): void;
  /** Word of one commit. */
  hearOf(epoch: string, commit: { partition: number; seq: number }): void;
  /** Whether the cursor moved since this was asked last. */
  hasMoved(): boolean;
  /** One page of an answer. `broken`: it doesn't follow what is here; nothing of it was kept. */
  takePage(page: CaughtUpPayload): 'more' | 'done' | 'broken';
  /** What to ask for next: the page that follows, else all that follows the cursor. */
  nextAsk(): { page: string } | { cursor?: Cursor };
  /** Gives up a half-done answer. `forget`: the server can't use the cursor, so the state is asked for. */
  restart(forget?: boolean): void;
}

/** What moved a replica: one commit, or a whole state; or merely word of the server that its epoch is the current one. */
export type Move = 'commit' | 'state' | 'confirmed';

/**
 * `onMoved` hears of every move right after it, before the next one. The first state is no change: there was nothing
 * before it.
 */
export function createLogFollower(
  replica: Replica,
  onMoved: (changes: Change[], cursor: Cursor, by: Move) => void,
): LogFollower {
  const early = createEarlyArrivals();
  let cursor: Cursor | undefined;
  let head: Cursor | undefined;
  let page: string | undefined;
  let reload: Reload | undefined;
  const cut = createPartialCommit();
  let askedAt: Cursor | undefined;
  let loaded = false;
  let reloads = 0;
  let events = 0;

  function hear(news: Cursor): void {
    noteHead(news);
    if (cursor?.epoch === news.epoch) onMoved([], cursor, 'confirmed');
  }

  function noteHead(news: Cursor): void {
    if (head && head.epoch !== news.epoch) early.clear(); // what waits there is of another log
    head = head?.epoch === news.epoch ? furthest(head, news) : news;
  }

  /** The log ends before the cursor: what was heard of beyond its end doesn't exist any more. */
  function forgetHead(): void {
    early.clear();
    head = undefined;
  }

  function hearOf(epoch: string, { partition, seq }: { partition: number; seq: number }): void {
    noteHead(cursorAt(epoch, partition, seq));
  }

  function hasMoved(): boolean {
    const moved = cursor !== askedAt;
    askedAt = cursor;
    return moved;
  }

  function receive(epoch: string, commits: readonly Delivery[]): void {
    for (const commit of commits) {
      hearOf(epoch, commit);
      if (!has(cursor, epoch, commit)) early.add(commit);
    }
    applyReady();
  }

  function applyReady(): void {
    if (reload || !cursor || cursor.epoch !== head?.epoch) return;
    for (let partition = 0; partition < head.seq.length; partition++) {
      for (const commit of early.takeReady(partition, cursor.seq[partition] ?? 0)) apply(commit);
    }
  }

  function apply(commit: Delivery): void {
    if (!cursor) return;
    cursor = furthest(cursor, cursorAt(cursor.epoch, commit.partition, commit.seq));
    events += commit.events.length;
    onMoved(replica.apply(commit), cursor, 'commit');
  }

  function takePage(answer: CaughtUpPayload): 'more' | 'done' | 'broken' {
    const taken = answer.recovered ? takeCommits(answer) : takeState(answer);
    if (!taken) restart();
    return taken ?? 'broken';
  }

  function takeCommits(answer: CaughtUpPayload & { recovered: true }): 'more' | 'done' | undefined {
    if (!cursor || reload || answer.cursor.epoch !== cursor.epoch) return undefined;
    for (const delivery of answer.commits) {
      if (has(cursor, cursor.epoch, delivery)) continue; // its push came first
      if (delivery.prev > (cursor.seq[delivery.partition] ?? 0)) return undefined;
      cut.add(delivery);
      const commit = cut.whole();
      if (commit) apply(commit);
    }
    cursor = furthest(cursor, answer.cursor);
    page = answer.page;
    hear(cursor);
    applyReady();
    return page === undefined ? 'done' : 'more';
  }

  // I5: the state is only taken over once its last page is there; the log from its cursor on follows.
  function takeState(answer: CaughtUpPayload & { recovered: false }): 'more' | undefined {
    if (isOvertaken(answer)) {
      restart();
      return 'more';
    }
    if (answer.reason === 'past-head') forgetHead();
    reload ??= { cursor: answer.cursor, entries: [] };
    if (!isSame(reload.cursor, answer.cursor)) return undefined;
    reload.entries.push(...answer.entries);
    page = answer.page;
    if (page === undefined) takeOver(reload);
    return 'more';
  }

  /** Pushes came faster than this answer: taking it would be a step back in the log (I4). */
  function isOvertaken({ reason, cursor: to }: CaughtUpPayload & { recovered: false }): boolean {
    if (reload || !cursor || cursor.epoch !== to.epoch) return false;
    return (reason === 'too-far' || reason === 'compacted') && distance(cursor, to) === 0;
  }

  function takeOver(state: Reload): void {
    reload = undefined;
    cursor = state.cursor;
    const changes = replica.replace(state.entries);
    if (loaded) reloads++;
    onMoved(loaded ? changes : [], cursor, 'state');
    loaded = true;
    noteHead(cursor);
    applyReady();
  }

  function restart(forget = false): void {
    page = undefined;
    reload = undefined;
    if (forget) cursor = undefined;
  }

  return {
    get cursor() {
      return cursor;
    },
    get headLag() {
      return head && cursor?.epoch === head.epoch ? distance(cursor, head) : 0;
    },
    get isBehind() {
      return !cursor || (head !== undefined && (head.epoch !== cursor.epoch || distance(cursor, head) > 0));
    },
    get reloads() {
      return reloads;
    },
    get events() {
      return events;
    },
    receive,
    hear,
    hearOf,
    hasMoved,
    takePage,
    nextAsk: () => (page !== undefined ? { page } : cursor ? { cursor } : {}),
    restart,
  };
}

const has = (cursor: Cursor | undefined, epoch: string, { partition, seq }: Delivery): boolean =>
  cursor?.epoch === epoch && seq <= (cursor.seq[partition] ?? 0);
