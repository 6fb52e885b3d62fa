import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';
import { openWeakLink, type WeakLink } from './weak-link.ts';

const fixture = new URL('./killed-client.fixture.ts', import.meta.url);

let cloud: TestCloud;
let link: WeakLink;
let folder: string;
let writer: ChildProcess;
beforeEach(async () => {
  cloud = await startTestCloud({});
  link = await openWeakLink(cloud.url);
  folder = await mkdtemp(join(tmpdir(), 'mnemon-killed-client-'));
});
afterEach(async () => {
  writer.kill('SIGKILL');
  await link.close();
  await cloud.close();
  await rm(folder, { recursive: true });
});

interface News {
  what: string;
  keys: string[];
}

/** Starts the writer, and keeps what it says. */
async function startWriter(token: string) {
  writer = fork(fixture, [link.url, token, join(folder, 'outbox.ndjson')], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const heard: News[] = [];
  writer.on('message', (news: News) => heard.push(news));
  const keysOf = (what: string) => heard.flatMap((news) => (news.what === what ? news.keys : []));
  await eventually(() => expect(heard).toContainEqual({ what: 'ready', keys: [] }));
  return { heard, keysOf, tell: (order: object) => writer.send(order) };
}

const keys = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${name}/${at}`);

test('a client that is killed with -9 while it is offline loses no write, and none is there twice', async () => {
  const space = cloud.newSpace();
  const token = await cloud.issueToken({ space });
  const [acked, lost, queued] = [keys('acked', 20), keys('lost', 5), keys('queued', 150)];
  const first = await startWriter(token);
  first.tell({ write: acked });
  await eventually(() => expect(first.keysOf('acked').sort()).toEqual([...acked].sort()));
  const before = (await cloud.commits(space)).length;
  link.mute(); // committed, and nobody hears the ack
  first.tell({ write: lost });
  await eventually(async () => expect(await cloud.commits(space)).toHaveLength(before + 1));
  link.down();
  first.tell({ queue: queued });
  await eventually(() => expect(first.keysOf('queued')).toHaveLength(queued.length));
  expect(first.keysOf('acked')).toHaveLength(acked.length);
  const exited = once(writer, 'exit');
  writer.kill('SIGKILL');
  await exited;

  const second = await startWriter(token);
  second.tell({ read: [...lost, ...queued] }); // still offline
  await eventually(() => expect(second.keysOf('read')).toEqual([...lost, ...queued]));
  link.mend();
  second.tell({ flush: true });
  await eventually(() => expect(second.heard).toContainEqual({ what: 'flushed', keys: [] }));

  const log = await cloud.commits(space);
  const made = log.flatMap(({ commit: { events } }) => events.map(({ key, version }) => `${key} ${version}`));
  const all = [...acked, ...lost, ...queued].map((key) => `${key} 1`);
  expect(made.sort()).toEqual(all.sort());
  expect(log).toHaveLength(before + 3); // 100 and 50 of the queued ones
  const names = log.map(({ commit: { mutation } }) => mutation.client);
  expect(new Set(names).size, 'one outbox under one name').toBe(1);
  expect(await readdir(folder), 'the file was given back').toEqual(['outbox.ndjson']);
});
