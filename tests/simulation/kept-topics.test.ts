import { connect } from '@mnemon/client';
import { createFakeClock } from '@mnemon/testing/fake-clock';
import { createFaultyNetwork } from '@mnemon/testing/faulty-network';
import { seededRandom } from '@mnemon/testing/seeded-random';
import { expect, test } from 'vitest';
import { SPACE, simulatedService } from './simulated-service.ts';

const ENTRIES = 1_000;
const AT_ONCE = 10;
/** As many topics as are kept, those that are asked for, and those that are being given up. */
const MOST_TOPICS = 16 + 2 * AT_ONCE;

const keyOf = (i: number) => `agents/${i}/said`;
const patternOf = (i: number) => `agents/${i}/*`;

async function createWorld() {
  const clock = createFakeClock();
  const random = seededRandom(1);
  const service = simulatedService(clock, random);
  const network = createFaultyNetwork({ clock, random, accept: service.accept });
  const ports = { clock, random, openSocket: network.openSocket };
  async function settled<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    const finish = () => {
      isDone = true;
    };
    promise.then(finish, finish);
    await clock.advanceUntil(() => isDone);
    return promise;
  }
  const open = (instanceId: string) =>
    settled(connect({ url: 'ws://simulated', token: 'any', instanceId }, ports));
  const [writer, reader] = [await open('writer'), await open('reader')];
  const writes = Array.from({ length: ENTRIES }, (_, i) => writer.write(keyOf(i), i));
  await settled(Promise.all(writes));
  const followed = async () => {
    const rows = await service.ports.connections.list(SPACE, clock.now());
    return rows.find(({ instanceId }) => instanceId === 'reader')?.subscriptions ?? [];
  };
  const close = () => settled(Promise.all([writer.close(), reader.close()]));
  return { clock, settled, writer, reader, followed, close };
}

test('who asks for a thousand patterns is answered right, follows few of them, and in the end none', async () => {
  const { clock, settled, writer, reader, followed, close } = await createWorld();
  let most = 0;
  for (let i = 0; i < ENTRIES; i += AT_ONCE) {
    const asked = Array.from({ length: AT_ONCE }, (_, at) => reader.keys(patternOf(i + at)));
    expect(await settled(Promise.all(asked))).toEqual(asked.map((_, at) => [keyOf(i + at)]));
    most = Math.max(most, (await followed()).length);
  }
  expect(most).toBeLessThanOrEqual(MOST_TOPICS);
  await clock.advance(50);
  expect(await followed(), 'the newest').toContain('agents/999/**');
  await settled(writer.write(keyOf(999), 'anew'));
  await clock.advance(50);
  expect(reader.peek(keyOf(999)).value, 'as long as it is followed').toBe('anew');
  await clock.advance(61_000);
  expect(await followed()).toEqual([]);
  await settled(writer.write(keyOf(999), 'at last'));
  expect((await settled(reader.entries(patternOf(999)))).map(({ value }) => value)).toEqual(['at last']);
  await close();
  await clock.advance(1_000); // the service has done what it had to, too
  expect(clock.timerCount).toBe(0);
});

test('a thousand patterns at once are answered right, and given up, too', async () => {
  const { clock, settled, reader, followed, close } = await createWorld();
  const asked = Array.from({ length: ENTRIES }, async (_, i) => {
    const [key] = await reader.keys(patternOf(i));
    return reader.peek(key ?? '').value; // who is answered may look at what is there
  });
  expect(await settled(Promise.all(asked))).toEqual(Array.from({ length: ENTRIES }, (_, i) => i));
  await clock.advance(61_000);
  expect(await followed()).toEqual([]);
  await close();
});
