import type { Commit, Notice } from '@mnemon/core';

/**
 * Where a commit is announced: `<prefix>:<space>:event:<type>` when all its events are of one type, else `:mixed`. Read
 * from the right it is unambiguous, for no type has a colon. A pattern `<prefix>:<space>:event:*` also finds spaces
 * whose own ids go on with `:event:`; the message says which space it is of.
 */
export function eventChannel(prefix: string, { space, events }: Pick<Commit, 'space' | 'events'>): string {
  const types = new Set(events.map(({ type }) => type));
  const [type] = types;
  return `${prefix}:${space}:event:${types.size === 1 ? type : 'mixed'}`;
}

/** Where a notice is told: `<prefix>:<space>:notice:<type>`, and without a space where it is of none. */
export const noticeChannel = (prefix: string, notice: Notice): string =>
  [prefix, ...('space' in notice ? [notice.space] : []), 'notice', notice.type].join(':');
