import { embeddedStore } from '@mnemon/adapters/memory';
import type { SpaceId } from '@mnemon/protocol';
import { openSpace, waitingBatch, write } from '@mnemon/testing/contracts/stored-history';

// Writes until it is killed, and says what was acked: a line is printed only after its promise has resolved.
const [path, space, compactAboveBytes] = process.argv.slice(2);
const store = embeddedStore({ path: path as string, compactAboveBytes: Number(compactAboveBytes) });
const at = await openSpace(store.log, space as SpaceId);
for (let i = 1; ; i++) {
  const waiting = waitingBatch(at.space);
  const { client, n } = waiting.batch;
  await store.inbox.put(at, waiting);
  await write(
    store.log,
    at,
    [{ values: [[`key/${i % 10}`, { i, filler: 'x'.repeat(200) }]] }],
    [{ client, n }],
  );
  process.stdout.write(`${i}\n`);
  // Lets a compaction have its turn.
  await new Promise((resolve) => setImmediate(resolve));
}
