/**
 * Two agents share a memory: the planner watches tasks, and hears what the reviewer makes of its own.
 *
 *     npx tsx examples/hello.ts [URL TOKEN]
 *
 * With the URL and the token that `npm start` prints it uses that cloud; else it starts one of its own.
 */
import assert from 'node:assert/strict';
import { type Change, connect } from '@mnemon/client';
import { cloudFor } from './local-cloud/cloud-for.ts';

const { url, token, leave } = await cloudFor(process.argv.slice(2));
try {
  const memory = await connect({ url, token, instanceId: 'planner' });
  memory.subscribe('tasks/**', ({ key, value, author }) => console.log(key, value, author));
  await memory.write('tasks/42/state', { done: true }); // resolves when it is durable
  console.log(await memory.read('tasks/42/state')); // at once, and while offline too

  const reviewed = new Promise<Change>((resolve) => memory.subscribe('tasks/*/review', resolve));
  const reviewer = await connect({ url, token, instanceId: 'reviewer' });
  assert.deepEqual(await reviewer.read('tasks/42/state'), { done: true });
  await reviewer.write('tasks/42/review', 'looks good');
  const { value, author, own } = await reviewed;
  assert.deepEqual({ value, author, own }, { value: 'looks good', author: 'reviewer', own: false });

  await Promise.all([memory.close(), reviewer.close()]);
  console.log('The planner has heard of the review.');
} finally {
  await leave();
}
