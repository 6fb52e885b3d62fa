import { topicsOfKey } from '@mnemon/protocol';
import { countBelow } from './count-below.ts';

/** What of a commit says its topics. */
interface Indexed {
  seq: number;
  keys: readonly string[];
}

/** Which commits have which topics. */
export interface TopicIndex {
  /** A commit newer than all before it. */
  add(commit: Indexed): void;
  /** Forgets all commits up to `throughSeq`, which are `dropped`. */
  drop(throughSeq: number, dropped: readonly Indexed[]): void;
  /** Of the commits with one of `topics`, the first after `afterSeq`: at most `limit`, ascending, each once. */
  after(topics: readonly string[], afterSeq: number, limit: number): number[];
  /** The newest commit before `seq` with one of `topics`, or 0. */
  newestBefore(topics: readonly string[], seq: number): number;
}

export function topicIndex(): TopicIndex {
  /** By topic, ascending. */
  const seqsOf = new Map<string, number[]>();
  return {
    add(commit) {
      const { seq } = commit;
      for (const topic of topicsOf([commit])) {
        const seqs = seqsOf.get(topic);
        if (seqs) seqs.push(seq);
        else seqsOf.set(topic, [seq]);
      }
    },
    drop(throughSeq, dropped) {
      for (const topic of topicsOf(dropped)) {
        const seqs = seqsOf.get(topic) ?? [];
        seqs.splice(0, countBelow(seqs, throughSeq + 1));
        if (seqs.length === 0) seqsOf.delete(topic);
      }
    },
    after(topics, afterSeq, limit) {
      const candidates = topics.flatMap((topic) => {
        const seqs = seqsOf.get(topic) ?? [];
        const first = countBelow(seqs, afterSeq + 1);
        return seqs.slice(first, first + limit);
      });
      return [...new Set(candidates)].sort((a, b) => a - b).slice(0, limit);
    },
    newestBefore: (topics, seq) =>
      Math.max(0, ...topics.map((topic) => newestOf(seqsOf.get(topic) ?? [], seq))),
  };
}

const topicsOf = (commits: readonly Indexed[]): Set<string> =>
  new Set(commits.flatMap(({ keys }) => keys.flatMap(topicsOfKey)));

const newestOf = (seqs: readonly number[], beforeSeq: number): number =>
  seqs[countBelow(seqs, beforeSeq) - 1] ?? 0;
