import { topicOf } from '@mnemon/protocol';
import { type Clock, createTimer } from '../clock.ts';
import type { Topics } from './topics.ts';

/** Of so many topics it is supposed that they are asked for again. */
const MAX_KEPT = 16;
/** And of each for so long. */
const KEPT_MS = 60_000;

/** Topics that are read by pattern: followed while they are, and for a while after, so that who asks again is answered here. */
export interface KeptTopics {
  /** Wants the topic of `pattern`, which is here once `ready` resolves, until some time after `done` was called. */
  ask(pattern: string): { readonly ready: Promise<void>; done(): void };
  close(): void;
}

interface Kept {
  release(): void;
  readonly untilMs: number;
}

export function createKeptTopics(topics: Pick<Topics, 'want'>, clock: Clock): KeptTopics {
  /** The least recently used first. */
  const kept = new Map<string, Kept>();
  const expiry = createTimer(clock, releaseOld);
  let isClosed = false;

  function keep(topic: string, release: () => void): void {
    if (isClosed) return;
    const before = kept.get(topic);
    kept.delete(topic);
    kept.set(topic, { release, untilMs: clock.now() + KEPT_MS });
    before?.release();
    setExpiry();
  }

  /** Surplus ones go a moment later: who was just answered may look at what is here first. */
  function setExpiry(): void {
    const [oldest] = kept.values();
    if (!oldest) expiry.clear();
    else expiry.set(kept.size > MAX_KEPT ? 0 : Math.max(0, oldest.untilMs - clock.now()));
  }

  function releaseOld(): void {
    for (const [topic, { release, untilMs }] of kept) {
      if (kept.size <= MAX_KEPT && untilMs > clock.now()) break;
      kept.delete(topic);
      release();
    }
    setExpiry();
  }

  return {
    ask(pattern) {
      const { ready, release } = topics.want(pattern);
      return { ready, done: () => keep(topicOf(pattern), release) };
    },
    close() {
      isClosed = true;
      expiry.clear();
    },
  };
}
