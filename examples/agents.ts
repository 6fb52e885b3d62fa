/**
 * Three agents work on one task, each upon what another has said: a plan, the code for it, and its review.
 *
 *     npx tsx examples/agents.ts [URL TOKEN]
 */
import assert from 'node:assert/strict';
import { MemorySyncManager } from '@mnemon/client';
import { cloudFor } from './local-cloud/cloud-for.ts';
import { listen } from './local-cloud/listen.ts';

const { url, token, leave } = await cloudFor(process.argv.slice(2));
const join = (workerId: string) => MemorySyncManager.connect({ workerId, url, token });
const TASK = '7';
try {
  const [planner, coder, reviewer] = await Promise.all([join('planner'), join('coder'), join('reviewer')]);

  await listen(coder, `tasks/${TASK}/agents/planner`, () =>
    coder.syncAgentCoordination(TASK, 'coder', { files: ['parse.ts', 'merge.ts'] }),
  );
  await listen(reviewer, `tasks/${TASK}/agents/coder`, () =>
    reviewer.syncAgentCoordination(TASK, 'reviewer', { verdict: 'good' }),
  );
  await new Promise<void>((resolve, reject) => {
    listen(planner, `tasks/${TASK}/agents/reviewer`, () => resolve())
      .then(() => planner.syncAgentCoordination(TASK, 'planner', { steps: ['parse', 'merge'] }))
      .catch(reject);
  });

  assert.deepEqual(await planner.getTaskAgents(TASK), [
    { agentId: 'coder', data: { files: ['parse.ts', 'merge.ts'] } },
    { agentId: 'planner', data: { steps: ['parse', 'merge'] } },
    { agentId: 'reviewer', data: { verdict: 'good' } },
  ]);
  await Promise.all([planner.shutdown(), coder.shutdown(), reviewer.shutdown()]);
  console.log('The agents have planned, written and reviewed.');
} finally {
  await leave();
}
