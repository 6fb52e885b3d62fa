import { expect, test } from 'vitest';
import { startApi } from '../http.fixture.ts';

const KEPT = {
  'notes/one': { value: 'The red fox', tags: ['animal', 'red'], entities: ['ann'] },
  'notes/two': { value: 'a RED house', tags: ['red'] },
  'tasks/1/state': { value: { says: 'done' }, tags: ['animal'], entities: ['ann', 'ben'] },
};

async function furnished() {
  const api = startApi();
  for (const [key, json] of Object.entries(KEPT)) {
    await api.ask(`/entry?key=${encodeURIComponent(key)}`, { method: 'PUT', json });
  }
  return api;
}

type Api = ReturnType<typeof startApi>;
interface Page {
  entries: { key: string }[];
  page?: string;
}

const find = async ({ ask }: Api, path: string, init = {}) => {
  const answer = await ask(path, init);
  expect(answer.status, path).toBe(200);
  return (await answer.json()) as Page;
};
const keys = ({ entries }: Page) => entries.map(({ key }) => key);

test.each([
  ['', ['notes/one', 'notes/two', 'tasks/1/state']],
  ['?prefix=notes', ['notes/one', 'notes/two']],
  ['?prefix=', ['notes/one', 'notes/two', 'tasks/1/state']],
  ['?pattern=*/*/state', ['tasks/1/state']],
  ['?tag=animal', ['notes/one', 'tasks/1/state']],
  ['?tag=animal&tag=red', ['notes/one']],
  ['?entity=ann&entity=ben', ['tasks/1/state']],
  ['?author=ann', ['notes/one', 'notes/two', 'tasks/1/state']],
  ['?author=ben', []],
  ['?changedSince=1', ['notes/one', 'notes/two', 'tasks/1/state']],
])('GET /entries%s lists that', async (query, expected) => {
  expect(keys(await find(await furnished(), `/entries${query}`))).toEqual(expected);
});

test('since a cursor, only what came after it is listed', async () => {
  const api = await furnished();
  const { cursor } = (await (await api.ask('/state?prefix=')).json()) as { cursor: string };
  await api.ask('/entry?key=later', { method: 'PUT', json: { value: 1 } });
  expect(keys(await find(api, `/entries?changedSince=${cursor}`))).toEqual(['later']);
});

test('pages follow one another until there is no next', async () => {
  const api = await furnished();
  const found: string[] = [];
  let page: Page | undefined;
  do {
    page = await find(api, `/entries?limit=1${page?.page ? `&page=${encodeURIComponent(page.page)}` : ''}`);
    expect(page.entries.length).toBeLessThanOrEqual(1);
    found.push(...keys(page));
  } while (page.page);
  expect(found).toEqual(Object.keys(KEPT));
});

test('a search finds entries by all of its words, in any case', async () => {
  const api = await furnished();
  expect(keys(await find(api, '/search?text=red'))).toEqual(['notes/one', 'notes/two']);
  expect(keys(await find(api, '/search?text=Fox%20RED'))).toEqual(['notes/one']);
  expect(keys(await find(api, '/search?text=nowhere'))).toEqual([]);
});

test('neither finds what the grants hide', async () => {
  const api = await furnished();
  const claims = { grants: [{ pattern: 'tasks/**', access: 'read' }] };
  expect(keys(await find(api, '/entries', { claims }))).toEqual(['tasks/1/state']);
  expect(keys(await find(api, '/search?text=red', { claims }))).toEqual([]);
});

test.each([
  ['/entries?pattern=//', 'bad-pattern'],
  ['/entries?tag=', 'bad-request'],
  ['/entries?author=%20', 'bad-request'],
  ['/entries?changedSince=never', 'bad-cursor'],
  ['/entries?limit=0', 'bad-request'],
  ['/entries?page=other', 'bad-cursor'],
  ['/search', 'bad-request'],
  ['/search?text=', 'bad-request'],
  ['/search?text=...', 'bad-request'],
])('GET %s is refused with %s', async (path, code) => {
  const { ask } = await furnished();
  const answer = await ask(path);
  expect(await answer.json()).toMatchObject({ status: 400, code });
});
