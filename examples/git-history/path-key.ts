import { createHash } from 'node:crypto';
import { keyProblem } from '@mnemon/protocol';

const MAX_SEGMENTS = 8;

/**
 * The memory key of a path, given as latin1 bytes. Paths may hold any byte but NUL and be arbitrarily deep, keys may
 * not: what a key cannot hold is percent-encoded, what is deeper than eight segments joins the last one, and what is
 * still too long is named by its hash.
 */
export function keyOf(path: string): string {
  const segments = path.split('/').map(encodeSegment);
  const head = segments.slice(0, MAX_SEGMENTS - 1);
  const tail = segments.slice(MAX_SEGMENTS - 1).join('%2F');
  const key = [...head, ...(tail === '' ? [] : [tail])].join('/');
  return keyProblem(key) === undefined
    ? key
    : `long-path/${createHash('sha256').update(path, 'latin1').digest('hex')}`;
}

function encodeSegment(segment: string): string {
  const bytes = Buffer.from(segment, 'latin1');
  const text = bytes.toString('utf8');
  const isUtf8 = Buffer.from(text, 'utf8').equals(bytes);
  const encoded = isUtf8 ? text.replace(/[%\p{Cc}]/gu, (char) => percent(Buffer.from(char))) : percent(bytes);
  return encoded === '__proto__' ? percent(bytes) : encoded;
}

const percent = (bytes: Buffer): string =>
  [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
