import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** What the packages export that is no adapter of a port. */
const NO_ADAPTERS = new Set([
  'connectMongo',
  'migrate',
  'createTables',
  'dynamoClient',
  'eventChannel', // a name, tested beside it
  'noticeChannel',
  'requireTransactions',
]);

const STORAGE_SUITES = [
  'eventLogContract',
  'inboxContract',
  'lifetimesContract',
  'entryIndexContract',
  'nodesContract',
  'spacesContract',
  'snapshotsContract',
  'valuesContract',
  'checkpointsContract',
  'importsContract',
  'conflictsContract',
  'policiesContract',
  'locksContract',
  'tasksContract',
  'taskWaitersContract',
];

/** Which suites an adapter has to pass, by the end of its name. */
const SUITES: readonly [ending: string, suites: readonly string[]][] = [
  ['Connections', ['connectionsContract']],
  ['Fanout', ['fanoutContract']],
  ['Relay', ['relayContract']],
  ['EventBus', ['eventBusContract']],
  ['embeddedStore', STORAGE_SUITES],
  ['mongoStorage', STORAGE_SUITES],
  ['Tickets', ['ticketsContract']],
  ['RateLimits', ['rateLimitsContract']],
];

const adapters = new URL('../../packages/adapters/', import.meta.url);
const here = new URL('./', import.meta.url);

const exportedModules = (): Record<string, string> => {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', adapters), 'utf8'));
  delete exports['.'];
  return exports;
};

const exportedAdapters = async (): Promise<string[]> => {
  const paths = Object.values(exportedModules());
  const modules = await Promise.all(
    paths.map((path) => import(/* @vite-ignore */ new URL(path, adapters).href)),
  );
  return modules.flatMap((module) =>
    Object.keys(module).filter((name) => typeof module[name] === 'function' && !NO_ADAPTERS.has(name)),
  );
};

test('every folder of adapters is exported', () => {
  const entries = readdirSync(new URL('src/', adapters), { withFileTypes: true });
  // A folder without a face of its own is shared by the others.
  const hasFace = (folder: string) => existsSync(new URL(`src/${folder}/index.ts`, adapters));
  const folders = entries.flatMap(({ name }) => (hasFace(name) ? [`./${name}`] : []));
  const faces = Object.keys(exportedModules()).filter((name) => !/^\.\/.+\//.test(name)); // a part of one is no face
  expect(faces.sort()).toEqual(folders.sort());
});

test('every adapter that is exported runs its suites', async () => {
  const texts = readdirSync(here)
    .filter((name) => name.endsWith('.test.ts') && !import.meta.url.endsWith(name))
    .map((name) => readFileSync(new URL(name, here), 'utf8'));
  const names = await exportedAdapters();
  expect(names).toEqual(expect.arrayContaining(['mongoStorage', 'embeddedStore', 'dynamoConnections']));

  const missing = names.flatMap((name) => {
    const suites = SUITES.find(([ending]) => name.endsWith(ending))?.[1];
    if (!suites) return [`${name}: of which port is it?`];
    const wired = (suite: string) => texts.some((text) => text.includes(`${suite}(`) && text.includes(name));
    return suites.filter((suite) => !wired(suite)).map((suite) => `${name}: ${suite}`);
  });
  expect(missing).toEqual([]);
});
