/** What waits between somebody who tells and somebody who takes at leisure. */
export interface Pipe<Item> {
  /** For one taker. Whoever leaves its loop ends the pipe. */
  readonly iterator: AsyncIterableIterator<Item, undefined>;
  put(item: Item): void;
  /** What is in it is still taken; then it is over, or fails with `error`. The first end counts. */
  end(error?: Error): void;
}

export interface PipeOptions {
  /** Called at the end, whoever made it. */
  readonly onEnd: () => void;
  /** Makes room in, or ends, a pipe in which `waiting` items are to be joined by another. */
  readonly onPut: (waiting: unknown[], end: Pipe<unknown>['end']) => void;
}

interface Taker<Item> {
  resolve(result: IteratorResult<Item, undefined>): void;
  reject(error: Error): void;
}

const OVER = { value: undefined, done: true } as const;

export function createPipe<Item>({ onEnd, onPut }: PipeOptions): Pipe<Item> {
  const waiting: Item[] = [];
  const takers: Taker<Item>[] = [];
  let isOver = false;
  let failure: Error | undefined;

  function end(error?: Error): void {
    if (isOver) return;
    isOver = true;
    failure = error;
    onEnd();
    for (const { resolve, reject } of takers.splice(0)) next().then(resolve, reject);
  }

  /** It fails once, and is over from then on. */
  async function next(): Promise<IteratorResult<Item, undefined>> {
    if (waiting.length > 0) return { value: waiting.shift() as Item, done: false };
    if (!isOver) return new Promise((resolve, reject) => takers.push({ resolve, reject }));
    const error = failure;
    failure = undefined;
    if (error) throw error;
    return OVER;
  }

  return {
    iterator: {
      next,
      async return() {
        waiting.length = 0;
        end();
        return OVER;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    },
    put(item) {
      if (isOver) return;
      const taker = takers.shift();
      if (taker) {
        taker.resolve({ value: item, done: false });
        return;
      }
      onPut(waiting, end);
      if (!isOver) waiting.push(item);
    },
    end,
  };
}
