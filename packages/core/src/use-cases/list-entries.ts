import {
  type Cursor,
  type FoundPage,
  isInScope,
  type ListRequest,
  type Moment,
  matches,
  type SpaceId,
} from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { readableRanges } from '../domain/key-ranges.ts';
import { authorTerm, entityTerm, tagTerm } from '../domain/terms.ts';
import type { Ports } from '../ports/ports.ts';
import { findEntries } from './find-entries.ts';
import { findMoment, foreignCursor } from './find-moment.ts';
import { type Answered, ok, refuse } from './refusal.ts';

/** A page of the entries to which all that the request says applies, in the order of their keys. */
export async function listEntries(
  ports: Pick<Ports, 'log' | 'index' | 'clock'>,
  identity: Identity,
  { limit, page, ...request }: ListRequest,
): Promise<Answered<FoundPage>> {
  const { prefix = '', pattern = '**', tags = [], entities = [], author, changedSince } = request;
  // Nobody waits for the head but who asks since when: without one there is nothing.
  const reading = ports.log.head(identity.space);
  const since = changedSince ? await seqOf(ports, identity.space, await reading, changedSince) : ok(0);
  if (!since.ok) return since;
  const criteria = {
    ranges: readableRanges(prefix, pattern, identity.grants),
    terms: [
      ...tags.map(tagTerm),
      ...entities.map(entityTerm),
      ...(author === undefined ? [] : [authorTerm(author)]),
    ],
    afterSeq: since.value,
    isWanted: ({ key }: { key: string }) => matches(pattern, key) && isInScope({ prefix }, key),
  };
  const found = findEntries(ports, identity, criteria, { list: request }, { limit, page });
  const [answered, head] = await Promise.all([found, reading]);
  return head ? answered : ok({ entries: [] });
}

/** Of a place in the log it does not matter whether the log still reaches back so far. */
async function seqOf(
  ports: Pick<Ports, 'log' | 'clock'>,
  space: SpaceId,
  head: Cursor | undefined,
  moment: Moment,
): Promise<Answered<number>> {
  if (!head) return ok(0);
  if ('timeMs' in moment) {
    const found = await findMoment(ports, space, head, moment);
    return found.ok ? ok(found.value.seq) : found;
  }
  const { epoch, seq } = moment.cursor;
  const isOfThisLog = epoch === head.epoch && seq.length === head.seq.length;
  return isOfThisLog ? ok(seq[0] ?? 0) : refuse(foreignCursor());
}
