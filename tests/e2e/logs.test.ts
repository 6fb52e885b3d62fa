import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const CANARY = 'canary-7b1f0c';

interface Figures {
  correlationId: string;
  [name: string]: unknown;
}

describe.each(engines)('what functions print, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends, {
      settings: { METRICS: 'on', POSTS_EACH: '1' },
      everyMs: { 'sweep-connections': 300 },
    });
  });
  afterAll(() => cloud.close());

  const figures = (name: string): Figures[] =>
    cloud.logged
      .filter((line) => line.includes('"_aws"') && line.includes(`"${name}"`))
      .map((line) => JSON.parse(line) as Figures);

  test('has figures of each event, from the frame to the posts that it sets off, and no value or token', async () => {
    const space = cloud.newSpace();
    const readers = await Promise.all(['a', 'b', 'c'].map((name) => cloud.connect(space, name)));
    for (const reader of readers) await reader.entries();
    const writer = await cloud.connect(space, 'writer');
    await writer.write(`${CANARY}/key`, { secret: CANARY });
    const token = await cloud.issueToken({ space });
    const refused = await fetch(`${cloud.httpUrl}/nodes`, { headers: { authorization: `Bearer ${CANARY}` } });
    expect(refused.status).toBe(401);
    const broken = await cloud.connectRaw(space, 'broken');
    broken.sendText(`{"type":"write","id":"1","payload":{"${CANARY}":`);
    await broken.next('error');
    const headers = { authorization: `Bearer ${token}`, 'x-mnemon-instance': 'http' };
    const answer = await fetch(`${cloud.httpUrl}/entry?key=${CANARY}/key`, { headers });
    expect(answer.status).toBe(200);

    const handed = await eventually(() => {
      const found = figures('LambdaLatency');
      expect(found.length).toBeGreaterThan(0);
      return found[0] as Figures;
    });
    expect(handed.correlationId).toMatch(/\S/);
    expect(handed).toHaveProperty('MongodbLatency');
    await eventually(() => {
      const posted = figures('Propagation').filter((each) => !('LambdaLatency' in each));
      const ids = posted.map(({ correlationId }) => correlationId);
      expect(ids, 'the posts go by the name of the frame').toContain(handed.correlationId);
    });
    await eventually(() => expect(figures('Connections').at(-1)).toMatchObject({ Connections: 5 }));
    const printed = cloud.logged.join('\n');
    expect(printed).not.toContain(CANARY);
    expect(printed).not.toContain(token.slice(0, 60));
    broken.socket.close();
    await Promise.all([writer, ...readers].map((each) => each.close()));
  });
});
