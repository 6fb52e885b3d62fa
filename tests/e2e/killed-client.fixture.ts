import { openMnemon } from '@mnemon/client';
import { openFileOutbox } from '@mnemon/client/file-outbox';

/*
 * A writer with an outbox in a file, that does what it is told until it is killed: `{ write: [keys] }`, each one's value
 * its key, answered by `acked`; `{ queue: [keys] }`, by `queued`; `{ read: [keys] }`, by `read` where its value is there;
 * `{ flush: true }`, by `flushed`.
 */
const [url = '', token = '', path = ''] = process.argv.slice(2);
const outboxStore = await openFileOutbox({ path });
const memory = openMnemon({ url, token, instanceId: 'writer', outboxStore });
const say = (what: string, keys: readonly string[] = []) => process.send?.({ what, keys });

interface Order {
  write?: string[];
  queue?: string[];
  read?: string[];
  flush?: boolean;
}

process.on('message', async ({ write = [], queue = [], read = [], flush }: Order) => {
  const acked = write.map(async (key) => {
    await memory.write(key, key);
    say('acked', [key]);
  });
  Promise.all(acked).catch(() => {});
  const queued = queue.map((key) => memory.write(key, key, { durability: 'queued' }));
  await Promise.all(queued);
  if (queue.length > 0) say('queued', queue);
  for (const key of read) if ((await memory.read(key)) === key) say('read', [key]);
  if (flush) {
    await memory.flush();
    await memory.close();
    say('flushed');
    process.disconnect();
  }
});
say('ready');
