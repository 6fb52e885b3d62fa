import type { Cursor } from '@mnemon/protocol';
import { problemOf } from './connection/http-api.ts';
import { fromWire, MnemonError } from './mnemon-error.ts';
import { type Pieces, partsOf } from './parts-of-text.ts';

/** Where an export goes. */
export interface ImportTarget {
  /** The address of the event stream, where whole spaces go in and out. */
  url: string;
  /** Of an administrator of the space to fill, which has to be empty. */
  token: string;
  instanceId: string;
}

/** So few that, as UTF-8, they stay below what one request may carry. */
const PART_CHARACTERS = 1024 * 1024;

/**
 * Fills an empty space with an export, which goes in up to 1,000 parts of a million characters and is imported once all are
 * there; of two imports at once into one space at most one succeeds. Answers where its log ends. `text` comes in any pieces,
 * strings or bytes. Rejects with a `MnemonError`; the space then is as empty as before, and the same can be tried again.
 *
 * @example
 * await importSpace({ url, token, instanceId: 'operator' }, createReadStream('team.ndjson'));
 */
export async function importSpace(target: ImportTarget, text: Pieces): Promise<Cursor> {
  const upload = crypto.randomUUID();
  let parts = 0;
  for await (const body of partsOf(text, PART_CHARACTERS)) {
    const path = `/import/part?upload=${upload}&number=${parts++}`;
    await ask(target, path, { method: 'PUT', headers: { 'content-type': 'application/x-ndjson' }, body });
  }
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ upload, parts });
  const answer = await ask(target, '/import/parts', { method: 'POST', headers, body });
  return ((await answer.json()) as { cursor: Cursor }).cursor;
}

async function ask({ url, token, instanceId }: ImportTarget, path: string, init: RequestInit) {
  const headers = { ...init.headers, authorization: `Bearer ${token}`, 'x-mnemon-instance': instanceId };
  const answer = await fetch(url.replace(/\/$/, '') + path, { ...init, headers }).catch((cause: unknown) => {
    throw new MnemonError('unavailable', `no answer from ${url}`, { cause });
  });
  if (answer.ok) return answer;
  throw fromWire(await problemOf(answer));
}
