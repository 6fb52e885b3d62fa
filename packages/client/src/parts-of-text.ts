import { MnemonError } from './mnemon-error.ts';

/** Text as strings, or as its bytes in UTF-8, wherever they are cut. */
export type Pieces = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/**
 * The same text in parts of at most `length` characters, at least 2; none of them ends within a character of two. Throws
 * `bad-value` for bytes that are no UTF-8.
 */
export async function* partsOf(pieces: Pieces, length: number): AsyncGenerator<string, void> {
  let rest = '';
  for await (const text of textOf(pieces)) {
    rest += text;
    while (rest.length > length) {
      const end = isHighSurrogate(rest.charCodeAt(length - 1)) ? length - 1 : length;
      yield rest.slice(0, end);
      rest = rest.slice(end);
    }
  }
  if (rest.length > 0) yield rest;
}

async function* textOf(pieces: Pieces): AsyncGenerator<string, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const piece of pieces) {
    yield typeof piece === 'string' ? piece : decoded(() => decoder.decode(piece, { stream: true }));
  }
  yield decoded(() => decoder.decode());
}

function decoded(decode: () => string): string {
  try {
    return decode();
  } catch (cause) {
    throw new MnemonError('bad-value', 'the text is no UTF-8', { cause });
  }
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code < 0xdc00;
