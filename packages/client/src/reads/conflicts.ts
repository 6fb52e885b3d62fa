import type {
  ConflictAnswer,
  ConflictList,
  ConflictPage,
  ConflictRequest,
  ConflictStats,
  JsonValue,
  KeptConflict,
  Merged,
  Outcome,
} from '@mnemon/protocol';
import { fromOutcome, MnemonError } from '../mnemon-error.ts';
import type { Ask } from './server-reads.ts';

type Settled = Exclude<Outcome, { status: 'refused' }>;

/** What a space keeps of writes that did not know of each other, as far as the token may read their keys. */
export interface Conflicts {
  /** The newest first: those to which all of the options apply. In pages; one may be empty and still not the last. */
  list(options?: ConflictList): Promise<ConflictPage>;
  /** One, with both sides. Rejects with `not-found`. */
  get(id: string): Promise<KeptConflict>;
  /**
   * Writes the value that what stands side by side is merged to, `undefined` for deleting it, which closes the conflict.
   * Rejects with `conflict` when another has resolved it, or has written since.
   */
  resolve(id: string, value: JsonValue | undefined, options?: Omit<Merged, 'value'>): Promise<Settled>;
  /** How many there were, by strategy, pattern and pair of instances. Needs the grant to read everything. */
  count(): Promise<ConflictStats>;
}

export function createConflicts(ask: Ask): Conflicts {
  async function inquire<Is extends ConflictAnswer['is']>(
    is: Is,
    request: ConflictRequest,
  ): Promise<Extract<ConflictAnswer, { is: Is }>> {
    const answer = await ask('conflict', request);
    if (answer.is !== is) throw new MnemonError('internal', `the server answered ${answer.is}, not ${is}`);
    return answer as Extract<ConflictAnswer, { is: Is }>;
  }

  return {
    async list(options = {}) {
      const { is: _, ...page } = await inquire('listed', { ...options, do: 'list' });
      return page;
    },
    get: async (id) => (await inquire('found', { do: 'get', id })).conflict,
    async resolve(id, value, options = {}) {
      const merged = { ...options, ...(value !== undefined && { value }) };
      const { outcome } = await inquire('resolved', { ...merged, do: 'resolve', id });
      if (outcome.status === 'refused') throw fromOutcome(outcome);
      return outcome;
    },
    count: async () => (await inquire('counted', { do: 'count' })).counts,
  };
}
