import { LIMITS, type SpaceId } from '@mnemon/protocol';
import { expect, test } from 'vitest';
import { createStreamApi } from '../create-stream-api.ts';
import { startApi } from '../http.fixture.ts';

function startCopies() {
  const { app, ports, token } = startApi();
  const api = createStreamApi(app);
  const put = async (body: string | Uint8Array<ArrayBuffer>, number = 0) => {
    const headers = { authorization: `Bearer ${await token()}`, 'content-type': 'application/x-ndjson' };
    return api.request(`/import/part?upload=u&number=${number}`, { method: 'PUT', headers, body });
  };
  return { put, kept: () => ports.imports.part('team' as SpaceId, { upload: 'u', number: 0 }) };
}

test('a part that is cut within a character is refused: what is kept of it would be another text', async () => {
  const { put, kept } = startCopies();
  const bytes = new TextEncoder().encode('{"value":"ä');
  const answer = await put(bytes.slice(0, -1));
  expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'bad-request' }]);
  expect(await kept()).toBeUndefined();
});

test('a part is kept to the letter, also where it begins with a byte order mark', async () => {
  const { put, kept } = startCopies();
  expect((await put('\uFEFFä"}\n')).status).toBe(204);
  expect(await kept()).toBe('\uFEFFä"}\n');
});

test('an upload has so many parts and no more', async () => {
  const { put } = startCopies();
  expect((await put('last', LIMITS.importParts - 1)).status).toBe(204);
  expect((await put('beyond', LIMITS.importParts)).status).toBe(400);
});
