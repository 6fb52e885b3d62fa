import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { medians, report } from './figures.ts';

const START = fileURLToPath(new URL('../../packages/local/start.mjs', import.meta.url));

/** From the command to a cloud that answers, beside a Node that does nothing. */
export async function benchStartUp(): Promise<void> {
  const { readyMs, nodeMs } = await medians(3, async () => ({
    readyMs: await timeUntilUp(),
    nodeMs: await timeNode(),
  }));
  report('npm start, without npm', { 'up after ms': readyMs, 'node alone ms': nodeMs });
}

async function timeUntilUp(): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [
    START,
    '--port',
    '0',
    '--data',
    `${process.env.TMPDIR ?? '/tmp'}/mnemon-bench-${process.pid}`,
  ]);
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  const tookMs = performance.now() - startedAt;
  child.kill('SIGINT');
  await exited;
  return tookMs;
}

async function timeNode(): Promise<number> {
  const startedAt = performance.now();
  await once(spawn(process.execPath, ['-e', '0']), 'exit');
  return performance.now() - startedAt;
}
