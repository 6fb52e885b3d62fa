import { patternOf } from '@mnemon/protocol';

/** Topics that were given up, until the server has said that it sends them no more. */
export interface GivenUp {
  add(topics: readonly string[]): void;
  /** Says what was not answered once more. */
  repeat(): void;
  answered(id: string): void;
  /** The connection is over, and with it what it was subscribed to. */
  forget(): void;
}

/** `say` sends the patterns and answers the frame's id; what `isWanted` again is not given up any more. */
export function createGivenUp(
  isWanted: (topic: string) => boolean,
  say: (patterns: string[]) => string,
): GivenUp {
  let topics: readonly string[] = [];
  let awaitedId: string | undefined;

  function repeat(): void {
    topics = topics.filter((topic) => !isWanted(topic));
    if (topics.length > 0) awaitedId = say(topics.map(patternOf));
  }

  return {
    add(more) {
      topics = [...new Set([...topics, ...more])];
      repeat();
    },
    repeat,
    answered(id) {
      if (id === awaitedId) topics = [];
    },
    forget() {
      topics = [];
    },
  };
}
