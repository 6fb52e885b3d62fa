import type { Commit } from '../domain/commit.ts';
import type { Notice } from '../domain/notice.ts';

/**
 * Tells trusted servers of commits, after the fact and at most once. Never the truth: it may be down, and nothing waits
 * for it.
 */
export interface EventBus {
  /** Never throws. */
  publish(commits: readonly Commit[]): Promise<void>;

  /** Tells what is no commit. Never throws. */
  tell(notice: Notice): Promise<void>;

  /** Whether it could not be reached when it was last tried, a minute ago at most: else this call tries. Never throws. */
  isDown(): Promise<boolean>;
}
