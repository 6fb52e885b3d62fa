import { type CaughtUpPayload, type Cursor, type Delivery, patternOf } from '@mnemon/protocol';
import type { Change } from './change.ts';
import { cursorAt, distance, furthest } from './cursor-order.ts';
import { createEarlyArrivals } from './early-arrivals.ts';
import type { Held, LogFollower, Move } from './log-follower.ts';
import { createPartialCommit } from './partial-commit.ts';
import { createPartialState, type WholeState } from './partial-state.ts';
import type { Replica } from './replica.ts';
import { isOf, type Topics } from './topics.ts';

/** What an answer and all its pages are about. `join`: topics are added to those that are held. */
type Asked = { readonly how: 'all' | 'join'; readonly topics: readonly string[] };

/** The state of `topics` is as of `seq`, and the log is followed from before that: older commits are in it. */
type Ahead = { readonly isAhead: (key: string) => boolean; readonly seq: number };

/**
 * `onMoved` hears of every move right after it, before the next one. The first state is no change: there was nothing
 * before it.
 */
export function createLogFollower(
  replica: Replica,
  topics: Topics,
  onMoved: (changes: Change[], cursor: Cursor, by: Move) => void,
): LogFollower {
  const early = createEarlyArrivals();
  let cursor: Cursor | undefined;
  let head: Cursor | undefined;
  let page: string | undefined;
  const state = createPartialState();
  const cut = createPartialCommit();
  let asked: Asked = { how: 'all', topics: [] };
  let ahead: Ahead | undefined;
  let askedAt: Cursor | undefined;
  let loaded = false;
  let reloads = 0;
  let events = 0;

  function hear(news: Cursor): void {
    noteHead(news);
    if (cursor?.epoch === news.epoch) onMoved([], cursor, 'confirmed');
  }

  function hearBeat(to: Cursor, newest: Cursor): void {
    hear(newest);
    if (state.isBegun || cursor?.epoch !== to.epoch || distance(cursor, newest) > 0) return;
    moveTo(to);
    applyReady();
  }

  function moveTo(to: Cursor): void {
    if (!cursor) return;
    cursor = furthest(cursor, to);
    if (ahead && ahead.seq <= (cursor.seq[0] ?? 0)) ahead = undefined;
    hear(cursor);
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
    if (!cursor || cursor.epoch !== head?.epoch || (state.isBegun && asked.how === 'all')) return;
    for (let partition = 0; partition < head.seq.length; partition++) {
      for (const commit of early.takeReady(partition, cursor.seq[partition] ?? 0)) apply(commit);
    }
  }

  function apply(commit: Delivery): void {
    if (!cursor) return;
    cursor = furthest(cursor, cursorAt(cursor.epoch, commit.partition, commit.seq));
    const kept = commit.events.filter(({ key }) => follows(key) && !isInState(key, commit.seq));
    events += kept.length;
    onMoved(replica.apply({ ...commit, events: kept }), cursor, 'commit');
  }

  const follows = (key: string): boolean =>
    isOf(topics.held, key) || (asked.how === 'join' && isOf(asked.topics, key));

  const isInState = (key: string, seq: number): boolean =>
    ahead !== undefined && seq <= ahead.seq && ahead.isAhead(key);

  function takePage(answer: CaughtUpPayload): 'more' | 'done' | 'broken' {
    const isJoin = asked.how === 'join' && cursor !== undefined;
    const taken = answer.recovered ? takeCommits(answer) : isJoin ? takeJoin(answer) : takeState(answer);
    if (!taken) restart();
    return taken ?? 'broken';
  }

  function takeCommits(answer: CaughtUpPayload & { recovered: true }): 'more' | 'done' | undefined {
    if (!cursor || state.isBegun || answer.cursor.epoch !== cursor.epoch) return undefined;
    if (!applyAll(answer.commits)) return undefined;
    page = answer.page;
    moveTo(answer.cursor);
    applyReady();
    return page === undefined ? 'done' : 'more';
  }

  /** False at a commit that doesn't follow. */
  function applyAll(deliveries: readonly Delivery[]): boolean {
    for (const delivery of deliveries) {
      if (!cursor) return false;
      if (has(cursor, cursor.epoch, delivery)) continue; // its push came first
      if (delivery.prev > (cursor.seq[delivery.partition] ?? 0)) return false;
      cut.add(delivery);
      const commit = cut.whole();
      if (commit) apply(commit);
    }
    return true;
  }

  /**
   * The state of more topics. The others go on meanwhile; the commits that come with it take them to where it is. In
   * another epoch all of it is asked for again: that is told when the log is asked for.
   */
  function takeJoin(answer: CaughtUpPayload & { recovered: false }): 'more' | 'done' | undefined {
    if (cursor?.epoch !== answer.cursor.epoch) {
      restart();
      return 'more';
    }
    if (answer.commits && applyAll(answer.commits)) moveTo(answer.cursor);
    if (!state.add(answer)) return undefined;
    page = answer.page;
    const whole = state.take();
    if (!whole) return 'more';
    join(whole);
    return distance(cursor, answer.cursor) === 0 ? 'done' : 'more';
  }

  function join({ cursor: to, entries }: WholeState): void {
    if (!cursor) return;
    const before = topics.held;
    const joined = asked.topics;
    const isNew = (key: string) => isOf(joined, key) && !isOf(before, key);
    const seq = to.seq[0] ?? 0;
    const changes = replica.load(isNew, entries, seq);
    topics.hold(joined);
    if (seq > (cursor.seq[0] ?? 0)) ahead = { isAhead: isNew, seq };
    asked = { how: 'all', topics: topics.held };
    noteHead(to);
    // What was created before the state came is part of what the subscriber starts from.
    onMoved(
      changes.filter(({ type }) => type !== 'created'),
      cursor,
      'joined',
    );
  }

  /** The log from the state's cursor on follows. */
  function takeState(answer: CaughtUpPayload & { recovered: false }): 'more' | undefined {
    if (isOvertaken(answer)) {
      restart();
      return 'more';
    }
    if (answer.reason === 'past-head') forgetHead();
    if (!state.add(answer)) return undefined;
    page = answer.page;
    const whole = state.take();
    if (whole) takeOver(whole);
    return 'more';
  }

  /** Pushes came faster than this answer: taking it would be a step back in the log (I4). */
  function isOvertaken({ reason, cursor: to }: CaughtUpPayload & { recovered: false }): boolean {
    if (state.isBegun || !cursor || cursor.epoch !== to.epoch) return false;
    return (reason === 'too-far' || reason === 'compacted') && distance(cursor, to) === 0;
  }

  function takeOver({ cursor: to, entries }: WholeState): void {
    ahead = undefined;
    cursor = to;
    topics.hold(asked.topics, true);
    const changes = replica.replace(entries.filter(({ key }) => isOf(asked.topics, key)));
    if (loaded) reloads++;
    onMoved(loaded ? changes : [], cursor, 'state');
    loaded = true;
    noteHead(cursor);
    applyReady();
  }

  function restart(forget = false): void {
    page = undefined;
    state.clear();
    if (forget) cursor = undefined;
    if (asked.how === 'join') {
      asked = { how: 'all', topics: topics.held };
      replica.keep(follows);
    }
  }

  /** From the cursor on what is held; without one, all that is wanted. */
  function askAll(): Held {
    asked = { how: 'all', topics: cursor ? topics.held : topics.wanted };
    return { patterns: asked.topics.map(patternOf), ...(cursor && { cursor }) };
  }

  function joinAsk(): Held {
    restart();
    if (!cursor) return askAll();
    asked = { how: 'join', topics: topics.missing };
    return { patterns: asked.topics.map(patternOf), cursor };
  }

  return {
    get cursor() {
      return cursor;
    },
    get epoch() {
      return head?.epoch;
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
    hearBeat,
    follows,
    hello: askAll,
    joinAsk,
    hearOf,
    hasMoved,
    takePage,
    nextAsk: () => (page !== undefined ? { page, patterns: asked.topics.map(patternOf) } : askAll()),
    restart,
  };
}

const has = (cursor: Cursor | undefined, epoch: string, { partition, seq }: Delivery): boolean =>
  cursor?.epoch === epoch && seq <= (cursor.seq[partition] ?? 0);
