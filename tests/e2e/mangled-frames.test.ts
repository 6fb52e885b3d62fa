import { seededRandom } from '@mnemon/testing/seeded-random';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { badFrames } from './bad-frames.ts';
import { engines } from './engines.ts';
import { batchOf, put, writeRaw } from './raw-writes.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const SEED = 20_260_101;
const FRAMES = 300;
const SCRAPS = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '__proto__',
  '$set',
  '-1',
  '1e999',
  'null',
  '\u0000',
  '\ud800',
];
const VALUES = [
  'null',
  '-1',
  '0',
  '1e300',
  '""',
  '"a"',
  '"**"',
  '[]',
  '{}',
  '[[]]',
  '{"__proto__":1}',
  'true',
  '"bm8"',
];
/** A text, number, empty list or empty object that stands where a value does. */
const VALUE = /(?<=[:[,])("[^"\\\\]*"(?!:)|-?\d+(\.\d+)?|\[\]|\{\})/g;

/** Good and bad frames with pieces missing, repeated or foreign; the same ones for the same seed. */
function mangledFrames(): string[] {
  const random = seededRandom(SEED);
  const pick = (length: number) => Math.floor(random() * length);
  const frame = (type: string, payload: object) => JSON.stringify({ type, id: type, timestamp: 1, payload });
  const originals = [
    frame('write', batchOf([put('a', { b: [1] })])),
    frame('catch-up', { cursor: { epoch: 'e', seq: [1] } }),
    frame('subscribe', { patterns: ['a/*'] }),
    ...badFrames.map(({ text }) => text).filter((text) => text.length < 2_000),
  ];
  const cut = (text: string): string => {
    const [at, length] = [pick(text.length + 1), pick(6)];
    const scrap =
      random() < 0.5 ? SCRAPS[pick(SCRAPS.length)] : text.slice(pick(text.length), pick(text.length));
    return text.slice(0, at) + scrap + text.slice(at + length);
  };
  // Stays JSON: one of its values becomes another one.
  const exchange = (text: string): string => {
    const values = text.match(VALUE) ?? [];
    let left = pick(values.length);
    return text.replace(VALUE, (value) => (left-- === 0 ? (VALUES[pick(VALUES.length)] ?? '') : value));
  };
  const mangle = (text: string): string => (random() < 0.8 ? exchange(text) : cut(text));
  return Array.from({ length: FRAMES }, () => {
    let text = originals[pick(originals.length)] ?? '';
    for (let times = pick(4); times >= 0; times--) text = mangle(text);
    return text;
  });
}

describe.each(engines)('mangled frames, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  test(`${FRAMES} of them break neither the service nor their connection (seed ${SEED})`, async () => {
    const space = cloud.newSpace();
    const raw = await cloud.connectRaw(space, 'fuzzer');
    for (const text of mangledFrames()) raw.sendText(text);

    const { payload } = await raw.ask({ type: 'heartbeat', payload: {} }, 'heartbeat');
    expect(payload.head.epoch).toBeTruthy();
    expect((await writeRaw(raw, batchOf([put('good', 1)]))).outcomes).toMatchObject([{ status: 'applied' }]);
    expect(raw.socket.readyState).toBe(raw.socket.OPEN);
    expect(await cloud.verify(space)).toMatchObject({ intact: true });
    const internal = raw.frames.filter(
      (frame) => frame.type === 'error' && frame.payload.code === 'internal',
    );
    expect(internal).toEqual([]);
    expect(cloud.logged.filter((line) => /request failed|Invocation failed/.test(line))).toEqual([]);
    raw.socket.close();
  });
});
