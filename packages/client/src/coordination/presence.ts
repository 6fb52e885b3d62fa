import { type Presence, presenceSchema } from '@mnemon/protocol';
import { MnemonError } from '../mnemon-error.ts';

/** What this client says about itself, on each connection anew. */
export interface OwnPresence {
  readonly current: Presence | undefined;
  /** What is left out stays as it was said before. Throws on what no server would take. */
  announce(presence: Presence): void;
}

export function createOwnPresence(initial: Presence | undefined): OwnPresence {
  let current: Presence | undefined;

  function announce(presence: Presence): void {
    const parsed = presenceSchema.safeParse({ ...current, ...presence });
    if (!parsed.success)
      throw new MnemonError('bad-request', parsed.error.issues[0]?.message ?? 'no presence');
    current = structuredClone(parsed.data);
  }

  if (initial) announce(initial);
  return {
    get current() {
      return current;
    },
    announce,
  };
}
