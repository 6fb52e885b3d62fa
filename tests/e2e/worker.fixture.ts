/** Workers in a process of their own, until it is killed. What they have done they say after its ack. */
import { connect } from '@mnemon/client';
import { workUntilClosed } from './work.ts';

const [url, token, ...names] = process.argv.slice(2) as [string, string, ...string[]];
// One after the other: at once, each would start a Lambda environment of its own.
for (const instanceId of names) {
  const worker = await connect({ url, token, instanceId, connectTimeoutMs: 60_000 });
  void workUntilClosed(worker, instanceId, (id) => process.send?.(id));
}
process.send?.('ready');
