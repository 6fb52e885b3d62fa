import { expect, test } from 'vitest';
import { startApi } from '../http.fixture.ts';

function client() {
  const { ask } = startApi();
  return async (path: string, json?: object): Promise<Record<string, unknown>> => {
    const answer = await ask(path, json && { method: 'POST', json });
    return { status: answer.status, ...((await answer.json()) as Record<string, unknown>) };
  };
}

test('a task is put in once, claimed, worked on and completed, as over the WebSocket', async () => {
  const ask = client();
  expect(await ask('/tasks', { id: 'a', value: { n: 1 } })).toMatchObject({
    is: 'enqueued',
    created: true,
    task: { state: 'pending', priority: 0, maxAttempts: 5 },
  });
  expect(await ask('/tasks', { id: 'a', value: 2, priority: 9 })).toMatchObject({ created: false });
  const claim = { attempt: 'mine', leaseMs: 60_000 };
  const claimed = { is: 'claimed', task: { id: 'a', state: 'claimed' } };
  expect(await ask('/tasks/claim', claim)).toMatchObject(claimed);
  expect(await ask('/tasks/claim', { ...claim, resend: true })).toMatchObject(claimed);
  expect(await ask('/tasks/claim', { ...claim, attempt: 'another' })).toEqual({ status: 200, is: 'claimed' });
  expect(await ask('/tasks/extend', { id: 'a', ...claim })).toMatchObject({ is: 'changed' });
  expect(await ask('/tasks/complete', { id: 'a', attempt: 'another' })).toEqual({ status: 200, is: 'lost' });
  expect(await ask('/tasks/complete', { id: 'a', attempt: 'mine', result: 'ok' })).toMatchObject({
    is: 'changed',
    task: { state: 'done', result: 'ok' },
  });
  expect(await ask('/task?id=a')).toMatchObject({ is: 'found', task: { result: 'ok' } });
  expect(await ask('/tasks?state=done')).toMatchObject({ is: 'listed', tasks: [{ id: 'a' }] });
  expect(await ask('/tasks/count')).toMatchObject({ counts: { done: 1, pending: 0 } });
});

test('a failed task without another try is dead', async () => {
  const ask = client();
  await ask('/tasks', { id: 'a', value: 1 });
  await ask('/tasks/claim', { attempt: 'mine', leaseMs: 60_000 });
  const failed = { id: 'a', attempt: 'mine', error: 'no', retry: false };
  expect(await ask('/tasks/fail', failed)).toMatchObject({ task: { state: 'dead', error: 'no' } });
});

test('a lock is granted once, renewed and given back by its token', async () => {
  const ask = client();
  const mine = { name: 'tasks/1/lock', attempt: 'mine', leaseMs: 60_000 };
  const granted = await ask('/locks/acquire', mine);
  expect(granted).toMatchObject({ is: 'granted', token: expect.any(Number) });
  expect(await ask('/locks/acquire', mine), 'asked again').toEqual(granted);
  expect(await ask('/locks/acquire', { ...mine, attempt: 'another' })).toMatchObject({ is: 'held' });
  const { name, leaseMs } = mine;
  const token = granted.token as number;
  expect(await ask('/locks/renew', { name, token, leaseMs })).toMatchObject({ is: 'renewed' });
  expect(await ask('/locks/release', { name, token: token + 1 })).toMatchObject({ is: 'lost' });
  expect(await ask('/locks/release', { name, token })).toMatchObject({ is: 'released' });
  const next = await ask('/locks/acquire', { ...mine, attempt: 'another' });
  expect(next.token).toBeGreaterThan(token);
});

test.each([
  ['/tasks', { value: 1 }],
  ['/tasks', { id: 'a', value: 1, do: 'complete' }],
  ['/tasks/claim', { attempt: 'mine', leaseMs: 60_000, waitMs: 5 }],
  ['/locks/acquire', { name: 'a//b', attempt: 'mine', leaseMs: 60_000 }],
  ['/locks/acquire', { name: 'a', attempt: 'mine', leaseMs: 1 }],
])('%s does not take %j', async (path, json) => {
  expect(await client()(path, json)).toMatchObject({ status: 400 });
});

test('a task that is not there is not found', async () => {
  expect(await client()('/task?id=none')).toMatchObject({ status: 404, code: 'not-found' });
});
