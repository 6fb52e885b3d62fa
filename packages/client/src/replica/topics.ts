import { EVERYTHING, isWithin, patternOf, topicOf, topicsOfKey, utf8Length, widest } from '@mnemon/protocol';
import { createDeferred, type Deferred } from '../deferred.ts';

/** Beyond this many, keys are read by their first segment: a connection may follow a limited number of topics. */
const MANY = 32;
/** Beyond this many, everything is followed. */
const TOO_MANY = 64;
/** So do topics that are longer than this together: they have to fit the one frame in which a browser says them. */
const TOO_LONG_BYTES = 16 * 1024;

/** Which topics the application wants, and which the replica holds: their state is here, and their log is followed. */
export interface Topics {
  /** Wants the topic of `pattern` until the answer is called. */
  want(pattern: string): { readonly ready: Promise<void>; release(): void };
  /** Wants the topic of `key` from now on. Resolves when it is complete. */
  wantKey(key: string): Promise<void>;
  readonly wanted: readonly string[];
  readonly held: readonly string[];
  /** Wanted, and not held yet. */
  readonly missing: readonly string[];
  /** Held, and not wanted any more. */
  readonly surplus: readonly string[];
  /** Whether all there is about `key` is here: its topic is held, and was followed to the log's end once. */
  covers(key: string): boolean;
  /** `topics` are held from now on, beside the others or instead of them. */
  hold(topics: readonly string[], instead?: boolean): void;
  drop(topics: readonly string[]): void;
  /** What is held was followed to the log's end: whoever waits for it may go on. */
  complete(): void;
  close(error: Error): void;
}

/** No topics yet. `onChange` hears when the application wants others than before. */
export function createTopics(onChange: () => void): Topics {
  const wants = new Map<string, number>();
  let held: readonly string[] = [];
  let complete: readonly string[] = [];
  let waiting: { topic: string; deferred: Deferred }[] = [];
  let closedBy: Error | undefined;

  const wanted = () => widest(wants.keys());
  const isComplete = (topic: string) => complete.some((each) => isWithin(each, topic));

  const isTooMuch = () =>
    wants.size >= TOO_MANY || utf8Length(JSON.stringify([...wants.keys()].map(patternOf))) >= TOO_LONG_BYTES;

  function add(topic: string): void {
    wants.set(topic, (wants.get(topic) ?? 0) + 1);
    onChange();
  }

  function release(topic: string): void {
    const others = (wants.get(topic) ?? 0) - 1;
    if (others > 0) wants.set(topic, others);
    else wants.delete(topic);
    onChange();
  }

  function ready(topic: string): Promise<void> {
    const deferred = createDeferred();
    if (closedBy) deferred.reject(closedBy);
    else if (isComplete(topic)) deferred.resolve();
    else waiting.push({ topic, deferred });
    return deferred.promise;
  }

  /** Of a topic that somebody else wants, and may give up before it is here. */
  function readyAs(topic: string): Promise<void> {
    add(topic);
    const come = ready(topic);
    const isOver = () => queueMicrotask(() => release(topic)); // who waited looks at what is here first
    come.then(isOver, isOver);
    return come;
  }

  return {
    get wanted() {
      return wanted();
    },
    get held() {
      return held;
    },
    get missing() {
      return wanted().filter((topic) => !held.includes(topic));
    },
    get surplus() {
      return held.filter((topic) => !wanted().includes(topic));
    },
    want(pattern) {
      const topic = isTooMuch() ? EVERYTHING : topicOf(pattern);
      add(topic);
      let isReleased = false;
      return {
        ready: ready(topic),
        release() {
          if (!isReleased) release(topic);
          isReleased = true;
        },
      };
    },
    wantKey(key) {
      const prefixes = topicsOfKey(key);
      const known = prefixes.find((topic) => wants.has(topic)) ?? (wants.has(EVERYTHING) && EVERYTHING);
      if (known) return isComplete(known) ? ready(known) : readyAs(known);
      const narrow = wants.size < MANY ? prefixes.at(-1) : prefixes[0];
      const topic = (!isTooMuch() && narrow) || EVERYTHING;
      add(topic);
      return ready(topic);
    },
    covers: (key) => isOf(held, key) && isOf(complete, key),
    hold(topics, instead = false) {
      held = instead ? topics : [...new Set([...held, ...topics])];
    },
    drop(topics) {
      held = held.filter((topic) => !topics.includes(topic));
      complete = complete.filter((topic) => held.includes(topic));
    },
    complete() {
      complete = held;
      const still = waiting.filter(({ topic }) => !isComplete(topic));
      const done = waiting.filter((each) => !still.includes(each));
      waiting = still;
      for (const { deferred } of done) deferred.resolve();
    },
    close(error) {
      closedBy = error;
      for (const { deferred } of waiting) deferred.reject(error);
      waiting = [];
    },
  };
}

/** Whether `key` is of one of `topics`. */
export const isOf = (topics: readonly string[], key: string): boolean =>
  topics.some((topic) => isWithin(topic, key));
