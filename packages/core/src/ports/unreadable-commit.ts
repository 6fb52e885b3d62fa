import type { SealedCommit } from '../domain/commit.ts';

/** What the log holds in a commit's place is none: somebody was at the store. */
export class UnreadableCommit extends Error {
  override readonly name = 'UnreadableCommit';
  readonly seq: number;
  /** What was read of the log before it. */
  readonly before: readonly SealedCommit[];
  constructor(seq: number, before: readonly SealedCommit[], options?: ErrorOptions) {
    super(`commit ${seq} cannot be read`, options);
    this.seq = seq;
    this.before = before;
  }
}
