/**
 * Replays a git repository's first-parent history into a space of its own: one instance per author, who connects and
 * leaves as their commits come and go, while two observers watch. At the end the service, both observers and
 * `git ls-tree` must agree, and the log's hash chain must hold.
 *
 *     npx tsx examples/git-history.ts REPOSITORY [--kill] [--limit N] [--data DIR]
 *
 * `--kill` ends the cloud with SIGKILL half-way, while a commit is being written, and starts it again.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Mnemon } from '@mnemon/client';
import { replay } from './git-history/replay.ts';
import { readHead, readHistory, readSizes, readTree } from './git-history/repository.ts';
import { verdictOn } from './git-history/verdict.ts';
import { startCloudProcess } from './local-cloud/cloud-process.ts';
import { spaceTokens } from './local-cloud/space-tokens.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kill: { type: 'boolean', default: false },
    limit: { type: 'string', default: 'Infinity' },
    data: { type: 'string' },
  },
});
const [repository = '.'] = positionals;

const head = await readHead(repository); // it may move meanwhile
const history = (await readHistory(repository, head)).slice(0, Number(flags.limit));
const blobs = new Set(history.flatMap(({ changes }) => changes.flatMap(({ blob }) => blob ?? [])));
const sizes = await readSizes(repository, blobs);
console.log(
  `${history.length} commits of ${new Set(history.map(({ author }) => author)).size} authors in ${repository}`,
);

const dataDir = flags.data ?? (await mkdtemp(join(tmpdir(), 'mnemon-git-history-')));
let cloud = await startCloudProcess(0, dataDir);

/** Answers whether the kill met a write on its way: the ack may have been faster, then a later commit is tried. */
async function killWhileWriting(writer: Mnemon): Promise<boolean> {
  await delay(1); // the frame is out, and somewhere between gateway and store
  if (writer.status.pendingOps === 0) return false;
  await cloud.kill();
  const { pendingOps } = writer.status;
  console.log(`\nkilled with ${pendingOps} writes on their way`);
  cloud = await startCloudProcess(Number(new URL(cloud.url).port), dataDir);
  return pendingOps > 0;
}

try {
  const { space, token } = await spaceTokens(dataDir);
  const result = await replay({
    history,
    sizes,
    url: cloud.url,
    token,
    interrupt: flags.kill ? killWhileWriting : async () => true,
  });
  await cloud.stop();
  // A shortened replay ends elsewhere than HEAD; then only the replicas can be compared.
  const tree = Number.isFinite(Number(flags.limit)) ? undefined : await readTree(repository, head);
  const isGood = await verdictOn({ result, tree, dataDir, space });
  process.exitCode = isGood ? 0 : 1;
} finally {
  await cloud.stop();
  if (!flags.data) await rm(dataDir, { recursive: true, force: true });
}
