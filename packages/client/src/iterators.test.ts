import { expect, test } from 'vitest';
import { createMiniWorld } from './mini-world.fixture.ts';

async function createWorld() {
  const { clock, sockets, settled, open } = createMiniWorld();
  const memory = await open('ann');
  await settled(memory.entries());
  const write = async (key: string, value: number) => {
    await settled(memory.write(key, value));
    await clock.advance(5);
  };
  return { clock, sockets, settled, memory, write };
}

const OVER = { value: undefined, done: true };

test('an iteration gives each change once, in order, also those that came before they were taken', async () => {
  const { memory, write, settled } = await createWorld();
  const changes = memory.iterate('k/*');
  await write('k/1', 1);
  await write('other', 1);
  await write('k/2', 2);
  expect((await changes.next()).value).toMatchObject({ key: 'k/1', value: 1 });
  expect((await changes.next()).value).toMatchObject({ key: 'k/2', value: 2 });
  const [third, fourth] = [changes.next(), changes.next()];
  await write('k/1', 3);
  await write('k/1', 4);
  expect([(await settled(third)).value, (await settled(fourth)).value]).toMatchObject([
    { value: 3 },
    { value: 4 },
  ]);
});

test('whoever leaves the loop has left the subscription', async () => {
  const { memory, write } = await createWorld();
  const changes = memory.iterate('**');
  await write('k', 1);
  await write('k', 2);
  for await (const { value } of changes) {
    expect(value).toBe(1);
    break;
  }
  await write('k', 3);
  expect(await changes.next()).toEqual(OVER);
});

test('an iteration that nobody keeps up with fails after what it has, instead of leaving one out', async () => {
  const { memory, write } = await createWorld();
  const changes = memory.iterate('**', { maxBuffered: 2 });
  for (const value of [1, 2, 3, 4]) await write('k', value);
  expect([(await changes.next()).value?.value, (await changes.next()).value?.value]).toEqual([1, 2]);
  await expect(changes.next()).rejects.toMatchObject({ code: 'overloaded' });
  expect(await changes.next()).toEqual(OVER);
});

test('a watch begins with what is there, and gives the newest only', async () => {
  const { memory, write, clock } = await createWorld();
  await write('k', 1);
  const values = memory.watch('k');
  await clock.advance(5);
  expect(await values.next()).toEqual({ value: 1, done: false });
  for (const value of [2, 3, 4]) await write('k', value);
  expect(await values.next()).toEqual({ value: 4, done: false });
  const next = values.next();
  void memory.delete('k');
  await clock.advance(5);
  expect(await next).toEqual({ value: undefined, done: false });
  const none = memory.watch('none');
  await clock.advance(5);
  expect(await none.next()).toEqual({ value: undefined, done: false });
});

test('a watch of a key that looks like a pattern is of that key', async () => {
  const { memory, write, clock } = await createWorld();
  await write('k*', 1);
  const values = memory.watch('k*');
  await clock.advance(5);
  await write('kk', 2);
  expect(await values.next()).toEqual({ value: 1, done: false });
});

test('both end when the client is closed', async () => {
  const { memory, settled } = await createWorld();
  const changes = memory.iterate('**').next();
  const values = memory.watch('k');
  await settled(values.next());
  const value = values.next();
  await settled(memory.close());
  expect([await changes, await value]).toEqual([OVER, OVER]);
  expect(() => memory.iterate('**')).toThrow(expect.objectContaining({ code: 'closed' }));
});

test('both fail with what closed it, when that was not the application', async () => {
  const { memory, sockets, clock } = await createWorld();
  const changes = memory.iterate('**').next();
  const caught = changes.catch((error: unknown) => error);
  const payload = { code: 'replaced', message: 'another one' };
  sockets.at(-1)?.send(JSON.stringify({ type: 'disconnect', id: '', timestamp: clock.now(), payload }));
  await clock.advance(5);
  expect(await caught).toMatchObject({ code: 'replaced' });
  expect(() => memory.iterate('a//b')).toThrow(expect.objectContaining({ code: 'bad-pattern' }));
});
