/** The topic of everything. */
export const EVERYTHING = '**';

/** Longer prefixes are no topics of their own: each topic of a commit is an entry in an index. */
const MAX_SEGMENTS = 3;

/**
 * The topic of a pattern: its literal prefix in whole segments, at most three of them. `tasks/*` and `tasks/job-*` are
 * in `tasks`; without a literal first segment it is `**`.
 */
export const topicOf = (pattern: string): string => prefixesOf(pattern).at(-1) ?? EVERYTHING;

/** The topics of a key other than `**`, of which all keys are: one per prefix. */
export const topicsOfKey = (key: string): string[] => prefixesOf(key);

// A key may hold a `*`, a topic never does: what could be mistaken for a wildcard belongs to the topic before it.
function prefixesOf(path: string): string[] {
  const segments = path.split('/').slice(0, MAX_SEGMENTS);
  const wild = segments.findIndex((segment) => segment.includes('*'));
  const literal = wild < 0 ? segments : segments.slice(0, wild);
  return literal.map((_, index) => literal.slice(0, index + 1).join('/'));
}

/** The pattern of all keys of a topic. */
export const patternOf = (topic: string): string => (topic === EVERYTHING ? EVERYTHING : `${topic}/**`);

/** Whether `path`, a key or a topic, lies in `topic`. */
export const isWithin = (topic: string, path: string): boolean =>
  topic === EVERYTHING || path === topic || path.startsWith(`${topic}/`);

/** The same topics without repetition and without those that lie in another, in a fixed order. */
export function widest(topics: Iterable<string>): string[] {
  const all = [...new Set(topics)].sort();
  return all.filter((topic) => !all.some((other) => other !== topic && isWithin(other, topic)));
}
