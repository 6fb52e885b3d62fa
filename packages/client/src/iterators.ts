import type { JsonValue } from '@mnemon/protocol';
import type { Mnemon } from './mnemon.ts';
import { isClosed, MnemonError } from './mnemon-error.ts';
import { createPipe, type Pipe } from './pipe.ts';
import type { Change } from './replica/change.ts';

/** Beyond this many changes that nobody took, an iteration ends. */
const MAX_BUFFERED = 1_000;

export interface IterateOptions {
  /** How many changes may wait to be taken; 1,000 by default. */
  readonly maxBuffered?: number;
}

type Source = Pick<Mnemon, 'subscribe' | 'peek' | 'onStatus'>;

/** `closedBy` tells what closed the client, if it is closed. */
export function createIterators(memory: Source, closedBy: () => MnemonError | undefined) {
  /** Runs `pipe` until its taker leaves, or the client is closed. */
  function feed<Item>(
    onPut: (waiting: unknown[], end: Pipe<Item>['end']) => void,
    subscribe: (put: (item: Item) => void) => () => void,
  ): AsyncIterableIterator<Item, undefined> {
    const pipe = createPipe<Item>({
      onPut,
      onEnd() {
        unsubscribe();
        unlisten();
      },
    });
    const unsubscribe = subscribe(pipe.put);
    const unlisten = memory.onStatus(({ state }) => {
      const error = state === 'closed' ? closedBy() : undefined;
      if (error) pipe.end(isClosed(error) ? undefined : error);
    });
    return pipe.iterator;
  }

  function iterate(pattern: string, { maxBuffered = MAX_BUFFERED }: IterateOptions = {}) {
    const onPut = (waiting: unknown[], end: Pipe<Change>['end']) => {
      if (waiting.length < maxBuffered) return;
      end(new MnemonError('overloaded', `${maxBuffered} changes of ${pattern} wait to be taken`));
    };
    return feed<Change>(onPut, (put) => memory.subscribe(pattern, put));
  }

  function watch(key: string) {
    const onPut = (waiting: unknown[]) => void waiting.splice(0);
    return feed<JsonValue | undefined>(onPut, (put) => {
      let isKnown = false;
      const subscription = memory.subscribe(key, (change) => {
        if (change.key !== key) return; // a key may look like a pattern
        isKnown = true;
        put(change.value);
      });
      const start = () => {
        if (!isKnown) put(memory.peek(key).value);
      };
      subscription.ready.then(start).catch(() => {}); // closed: the status tells
      return subscription;
    });
  }

  return { iterate, watch };
}
