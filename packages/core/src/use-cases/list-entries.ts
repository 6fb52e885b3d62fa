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
  const head = await ports.log.head(identity.space);
  if (!head) return ok({ entries: [] });
  const since = changedSince ? await seqOf(ports, identity.space, head, changedSince) : ok(0);
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
  return findEntries(ports, identity, criteria, { list: request }, { limit, page });
}

/** Of a place in the log it does not matter whether the log still reaches back so far. */
async function seqOf(
  ports: Pick<Ports, 'log' | 'clock'>,
  space: SpaceId,
  head: Cursor,
  moment: Moment,
): Promise<Answered<number>> {
  if ('timeMs' in moment) {
    const found = await findMoment(ports, space, head, moment);
    return found.ok ? ok(found.value.seq) : found;
  }
  const { epoch, seq } = moment.cursor;
  const isOfThisLog = epoch === head.epoch && seq.length === head.seq.length;
  return isOfThisLog ? ok(seq[0] ?? 0) : refuse(foreignCursor());
}
