import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kill, startProgram } from './child-program.ts';
import { engines } from './engines.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const LEASE_MS = 1_000;
const HERE = { leaseMs: 60_000, waitMs: 60_000 };
/** Beyond the end of a lease: to ask once more, on a busy machine. */
const BOUND_MS = 8_000;

describe.each(engines)('holders of a lock in processes of their own, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    // Nobody tells that a holder's connection is over: only its lease ends.
    cloud = await startTestCloud(backends, { gatewayFaults: { dropDisconnect: true } });
  });
  afterAll(() => cloud.close());

  async function ask(child: ChildProcess, what: 'hold' | 'write'): Promise<unknown> {
    const answer = once(child, 'message');
    child.send(what);
    return (await answer)[0];
  }

  test('paused beyond its lease, one still believes that it holds it: what it writes is refused (I7)', {
    timeout: 120_000,
  }, async () => {
    const space = cloud.newSpace();
    const token = await cloud.issueToken({ space });
    const start = (name: string) =>
      startProgram('holder.fixture.ts', [cloud.url, token, name, String(LEASE_MS)]);
    const holders = await Promise.all([start('first'), start('second')]);
    const next = await cloud.connect(space, 'next');
    const landed: unknown[] = [];
    for (const holder of [...holders, ...holders]) {
      const held = await ask(holder, 'hold');
      expect(await ask(holder, 'write'), 'while it has it').toBe('landed');
      holder.kill('SIGSTOP');
      const lock = await next.lock('lock', HERE);
      const late = ask(holder, 'write');
      const racing = next.write('log', lock.token, { lock }); // both are on their way now
      holder.kill('SIGCONT');
      expect(await late).toBe('stale-token');
      await racing;
      landed.push(held, lock.token);
      await lock.release();
    }
    const commits = await cloud.commits(space);
    const written = commits.flatMap(({ commit }) => commit.events.map(({ value }) => value));
    expect(written, 'all that landed, in the order of the tokens').toEqual(landed);
    await Promise.all([...holders.map(kill), next.close()]);
  });

  test('killed, it is followed by the next when its lease has ended', { timeout: 60_000 }, async () => {
    const space = cloud.newSpace();
    const token = await cloud.issueToken({ space });
    const holder = await startProgram('holder.fixture.ts', [cloud.url, token, 'holder', String(LEASE_MS)]);
    const next = await cloud.connect(space, 'next');
    await ask(holder, 'hold');
    const waiting = next.lock('lock', HERE);
    await next.tasks.count(); // its question is on its way before
    await kill(holder);
    const killedAt = Date.now();
    const lock = await waiting;
    expect(Date.now() - killedAt).toBeLessThan(LEASE_MS + BOUND_MS);
    await lock.release();
    await next.close();
  });
});
