/**
 * A laptop in a tunnel: what it writes there is readable at once, and when it is back the others have it, and it has theirs.
 *
 *     npx tsx examples/offline.ts [URL TOKEN]
 */
import assert from 'node:assert/strict';
import { MemorySyncManager } from '@mnemon/client';
import { cloudFor } from './local-cloud/cloud-for.ts';
import { listen } from './local-cloud/listen.ts';
import { openTunnel } from './local-cloud/tunnel.ts';

const { url, token, leave } = await cloudFor(process.argv.slice(2));
const documents = `documents/${Date.now()}`; // of this run
const tunnel = await openTunnel(url);
try {
  const [laptop, office] = await Promise.all([
    MemorySyncManager.connect({ workerId: 'laptop', url: tunnel.url, token }),
    MemorySyncManager.connect({ workerId: 'office', url, token }),
  ]);
  const missed = new Promise<void>((resolve) => {
    laptop.on('change', ({ value }) => value === 'written meanwhile' && resolve());
  });
  await listen(laptop, `${documents}/*`, () => {});

  const away = new Promise<void>((resolve) => laptop.once('reconnecting', resolve));
  tunnel.cut();
  await away;
  await laptop.write(`${documents}/report`, 'a first draft');
  await laptop.write(`${documents}/report`, 'a second draft');
  assert.equal(await laptop.read(`${documents}/report`), 'a second draft');
  assert.equal(await office.read(`${documents}/report`, { mode: 'server' }), null);
  await office.write(`${documents}/minutes`, 'written meanwhile', { durability: 'acked' });

  tunnel.open();
  await missed;
  await laptop.forceSync();
  assert.equal(await office.read(`${documents}/report`, { mode: 'server' }), 'a second draft');
  assert.equal(await laptop.read(`${documents}/minutes`), 'written meanwhile');
  await Promise.all([laptop.shutdown(), office.shutdown()]);
  console.log('Both have both documents.');
} finally {
  await tunnel.close();
  await leave();
}
