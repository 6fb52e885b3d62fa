/**
 * Two people take notes at once, neither knowing of the other. The application says what becomes of that: the lines of both.
 *
 *     npx tsx examples/custom-resolver.ts [URL TOKEN]
 */
import assert from 'node:assert/strict';
import { type ConflictResolver, MemorySyncManager } from '@mnemon/client';
import { cloudFor } from './local-cloud/cloud-for.ts';

const { url, token, leave } = await cloudFor(process.argv.slice(2));

/** The same answer, whoever gives it: of several clients that are asked, the first one counts. */
const allLines: ConflictResolver = (versions) => {
  const lines = versions.flatMap(({ value }) => String(value ?? '').split('\n'));
  return {
    resolved: { value: [...new Set(lines)].sort().join('\n') },
    strategy: 'all-lines',
    discarded: versions,
  };
};
const join = (workerId: string) =>
  MemorySyncManager.connect({ workerId, url, token, conflictResolver: allLines });

try {
  const [ann, ben] = await Promise.all([join('ann'), join('ben')]);
  const resolved = new Promise((resolve) => ben.once('conflict-resolved', resolve));
  await ann.write('notes/monday', 'buy milk\ncall home', { durability: 'acked' });
  await ben.write('notes/monday', 'call home\nfix the roof', { durability: 'acked' }); // has not read ann's
  await resolved;
  for (const each of [ann, ben]) {
    const notes = await each.read('notes/monday', { mode: 'server' });
    assert.equal(notes, 'buy milk\ncall home\nfix the roof');
  }
  await Promise.all([ann.shutdown(), ben.shutdown()]);
  console.log('No line was lost.');
} finally {
  await leave();
}
