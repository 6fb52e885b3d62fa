import { embeddedStore } from '@mnemon/adapters/memory';
import type { InstanceId, SpaceId } from '@mnemon/protocol';
import { openSpace, waitingBatch, write } from '@mnemon/testing/contracts/stored-history';

// Writes until it is killed, and says what was acked: a line is printed only after its promise has resolved.
const [path, space, compactAboveBytes] = process.argv.slice(2);
const store = embeddedStore({ path: path as string, compactAboveBytes: Number(compactAboveBytes) });
const at = await openSpace(store.log, space as SpaceId);
const instance = {
  space: at.space,
  instanceId: 'i' as InstanceId,
  userId: 'u',
  grants: [],
};
const node = { ...instance, connectionId: 'c', connectedAtMs: 1, status: 'online' as const };
for (let i = 1; ; i++) {
  const waiting = waitingBatch(at.space);
  const { client, n } = waiting.batch;
  const mutation = { client, n };
  await store.inbox.put(at, waiting);
  const value = { i, filler: 'x'.repeat(200) };
  await write(store.log, at, [{ values: [[`key/${i % 10}`, value]], mutation }], [mutation]);
  process.stdout.write(`${i}\n`);
  // What compaction is for: otherwise history outweighs everything.
  for (let j = 0; j < 20; j++) await store.nodes.put({ ...node, lastSeenAtMs: i * 100 + j });
  await new Promise((resolve) => setImmediate(resolve)); // its turn
}
