/** The same text in parts of at most `length` characters, at least 2; none of them ends within a character of two. */
export async function* partsOf(
  pieces: AsyncIterable<string> | Iterable<string>,
  length: number,
): AsyncGenerator<string, void> {
  let rest = '';
  for await (const piece of pieces) {
    rest += piece;
    while (rest.length > length) {
      const end = isHighSurrogate(rest.charCodeAt(length - 1)) ? length - 1 : length;
      yield rest.slice(0, end);
      rest = rest.slice(end);
    }
  }
  if (rest.length > 0) yield rest;
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code < 0xdc00;
