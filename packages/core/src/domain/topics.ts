import {
  EVERYTHING,
  type Grant,
  isWithin,
  type MemoryEvent,
  topicOf,
  topicsOfKey,
  widest,
} from '@mnemon/protocol';

/**
 * The topics that a reader of `patterns` follows, narrowed to its read grants (I8): of a pattern's topic and a grant's the
 * one that lies in the other. A pattern wholly outside the grants has none, and is no error: it counts again with a token
 * that grants more. None lies in another; `['**']` is everything.
 */
export const readableTopics = (patterns: readonly string[], grants: readonly Grant[]): readonly string[] =>
  widest(
    patterns.flatMap((pattern) =>
      grants.flatMap((grant) => narrower(topicOf(pattern), topicOf(grant.pattern)) ?? []),
    ),
  );

function narrower(one: string, other: string): string | undefined {
  if (isWithin(one, other)) return other;
  return isWithin(other, one) ? one : undefined;
}

export const isEverything = (topics: readonly string[]): boolean => topics.includes(EVERYTHING);

/**
 * The topics that a commit is found by, other than `**`. They follow from its events, so they stand beside the hashed text
 * and not in it.
 */
export const topicsOfCommit = ({ events }: { events: readonly MemoryEvent[] }): readonly string[] => [
  ...new Set(events.flatMap(({ key }) => topicsOfKey(key))),
];

/** Whether the commit changes a key of one of `topics`. */
export const concerns = (
  { events }: { events: readonly MemoryEvent[] },
  topics: readonly string[],
): boolean => isEverything(topics) || events.some(({ key }) => topics.some((topic) => isWithin(topic, key)));
