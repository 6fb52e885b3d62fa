/** A program of its own that does with its `MemorySyncManager` what its parent asks. */
import { MemorySyncManager } from '@mnemon/client';
import type { Asked, Said } from './manager-process.ts';

const [url, token, workerId] = process.argv.slice(2) as [string, string, string];
const manager = await MemorySyncManager.connect({ url, token, workerId });
const say = (said: Said) => process.send?.(said);

process.on('unhandledRejection', (error) => {
  console.error(error);
  process.exit(1);
});
process.on('message', async ({ id, method, args }: Asked) => {
  try {
    if (method === 'subscribe') {
      const [pattern] = args as [string];
      const live = new Promise((resolve) => manager.once('subscribed', resolve));
      manager.subscribe(pattern, { onChange: (key, value) => say({ heard: { key, value } }) });
      await live;
      say({ id, result: null });
    } else {
      const call = manager[method] as (...args: unknown[]) => unknown;
      say({ id, result: (await call.apply(manager, args)) ?? null });
    }
  } catch (error) {
    say({ id, error: String(error) });
  }
  if (method === 'shutdown') process.disconnect();
});
say({ heard: { key: 'ready', value: null } });
