import { type FoundPage, type SearchRequest, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { readableRanges } from '../domain/key-ranges.ts';
import { wordTerm } from '../domain/terms.ts';
import { wordsOf } from '../domain/words.ts';
import type { Ports } from '../ports/ports.ts';
import { findEntries } from './find-entries.ts';
import { type Answered, refuse } from './refusal.ts';

/** A page of the entries that hold every word of the text, in the order of their keys. */
export async function searchEntries(
  ports: Pick<Ports, 'index' | 'clock'>,
  identity: Identity,
  { text, limit, page }: SearchRequest,
): Promise<Answered<FoundPage>> {
  const terms = [...wordsOf(text)].map(wordTerm);
  if (terms.length === 0) return refuse(wireError('bad-request', 'there is no word in this text'));
  const ranges = readableRanges('', '**', identity.grants);
  const criteria = { ranges, terms, afterSeq: 0, isWanted: () => true };
  return findEntries(ports, identity, criteria, { search: terms }, { limit, page });
}
