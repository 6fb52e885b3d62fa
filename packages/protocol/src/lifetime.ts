import type { Entry } from './entry.ts';

/** Whether a version's lifetime is over: from `expiresAtMs` on, by the server's clock. */
export const hasExpired = ({ expiresAtMs }: Pick<Entry, 'expiresAtMs'>, nowMs: number): boolean =>
  expiresAtMs !== undefined && expiresAtMs <= nowMs;

/** Whether there is something at `nowMs`: what is deleted or has expired is nothing, whoever noticed it or not. */
export const isLive = (version: Pick<Entry, 'value' | 'expiresAtMs'> | undefined, nowMs: number): boolean =>
  version?.value !== undefined && !hasExpired(version, nowMs);
