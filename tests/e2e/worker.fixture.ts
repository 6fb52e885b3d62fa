/** Workers in a process of their own, until it is killed. What they have done they say after its ack. */
import { connect } from '@mnemon/client';
import { workUntilClosed } from './work.ts';

const [url, token, ...names] = process.argv.slice(2) as [string, string, ...string[]];
const workers = await Promise.all(
  names.map((instanceId) => connect({ url, token, instanceId, connectTimeoutMs: 30_000 })),
);
for (const [index, worker] of workers.entries()) {
  void workUntilClosed(worker, names[index] as string, (id) => process.send?.(id));
}
process.send?.('ready');
