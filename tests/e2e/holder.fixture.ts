/** A careless holder in a process of its own: it writes under the lock that it was given, whatever became of it meanwhile. */
import { connect, isMnemonError, type Lock } from '@mnemon/client';

const [url, token, instanceId, leaseMs] = process.argv.slice(2) as [string, string, string, string];
const memory = await connect({ url, token, instanceId, connectTimeoutMs: 60_000 });
let lock: Lock | undefined;

process.on('message', async (asked: 'hold' | 'write') => {
  if (asked === 'hold') {
    lock = await memory.lock('lock', { leaseMs: Number(leaseMs), waitMs: 60_000 });
    process.send?.(lock.token);
  } else if (lock) {
    const written = memory.write('log', lock.token, { lock });
    process.send?.(
      await written.then(
        () => 'landed',
        (error) => (isMnemonError(error) ? error.code : String(error)),
      ),
    );
  }
});
process.send?.('ready');
