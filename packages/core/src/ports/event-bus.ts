import type { Commit } from '../domain/commit.ts';

/**
 * Tells trusted servers of commits, after the fact and at most once. Never the truth: it may be down, and nothing waits
 * for it.
 */
export interface EventBus {
  /** Never throws. */
  publish(commits: readonly Commit[]): Promise<void>;

  /** Whether the last attempt failed. */
  isDown(): boolean;
}
