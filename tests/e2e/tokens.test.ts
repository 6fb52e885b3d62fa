import { issueToken } from '@mnemon/functions/token';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { batchOf, put, writeRaw } from './raw-writes.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const seconds = (ms: number): number => Math.floor(ms / 1000);

describe.each(engines)('tokens, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  /** The HTTP status that a handshake is answered with. */
  const handshake = (token: string | undefined, instance = 'me'): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const socket = new WebSocket(`${cloud.url}?instance=${instance}`, ['mnemon'], { headers });
      socket.on('open', () => {
        socket.close();
        resolve(101);
      });
      socket.on('unexpected-response', (_, response) => {
        response.resume();
        socket.terminate();
        resolve(response.statusCode ?? 0);
      });
      socket.on('error', reject);
    });

  test('no, garbled, foreign and expired tokens are answered 401, and a right one 101', async () => {
    const space = cloud.newSpace();
    const token = await cloud.issueToken({ space });
    const [head, claims, signature] = token.split('.') as [string, string, string];
    const read = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'));
    const encode = (json: unknown) => Buffer.from(JSON.stringify(json)).toString('base64url');
    const wrong = {
      none: undefined,
      garbage: 'x.y.z',
      foreign: await issueToken(read, 'another secret, as long as it has to be'),
      expired: await cloud.issueToken({ space, exp: seconds(Date.now()) - 1 }),
      unsigned: `${encode({ alg: 'none' })}.${claims}.`,
      'with other claims': `${head}.${encode({ ...read, space: 'dev' })}.${signature}`,
      'without a space': await cloud.issueToken({ space: undefined as never }),
    };
    for (const [what, each] of Object.entries(wrong)) expect(await handshake(each), what).toBe(401);
    expect(await handshake(token)).toBe(101);
  });

  test('a token lets its holder be no other instance', async () => {
    const space = cloud.newSpace();
    const own = await cloud.issueToken({ space, instance: 'worker-1' });
    expect(await handshake(own, 'worker-1')).toBe(101);
    expect(await handshake(own, 'worker-2')).toBe(403);
    const shared = await cloud.issueToken({ space, instance: 'worker-*' });
    expect(await handshake(shared, 'worker-2')).toBe(101);
    expect(await handshake(shared, 'planner')).toBe(403);
    expect(await handshake(shared, 'worker-%2F..')).toBe(403);
  });

  test('a client whose token is refused is told so', async () => {
    const space = cloud.newSpace();
    const refused = cloud.connect(space, 'planner', { instance: 'worker-*' });
    await expect(refused).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test('one that expires ends its connection at the next frame or fan-out, and nothing later reaches it', async () => {
    const space = cloud.newSpace();
    const witness = await cloud.connectRaw(space, 'witness');
    const exp = seconds(Date.now()) + 5;
    const [speaker, listener] = await Promise.all([
      cloud.connectRaw(space, 'speaker', { exp }),
      cloud.connectRaw(space, 'listener', { exp }),
    ]);
    await writeRaw(witness, batchOf([put('early', 1)]));
    await Promise.all([speaker, listener].map((each) => each.next('changes')));
    await eventually(() => expect(Date.now()).toBeGreaterThan(exp * 1000));

    speaker.send({ type: 'write', payload: batchOf([put('late', 1)]) });
    expect((await speaker.next('disconnect')).payload.code).toBe('token-expired');
    await speaker.closed;

    await writeRaw(witness, batchOf([put('secret', 1)]));
    expect((await listener.next('disconnect')).payload.code).toBe('token-expired');
    await listener.closed;
    const heard = [...speaker.frames, ...listener.frames].map((frame) => JSON.stringify(frame));
    expect(heard.filter((text) => text.includes('secret'))).toEqual([]);
    const events = (await cloud.commits(space)).flatMap(({ commit }) => commit.events);
    expect(events.map(({ key }) => key)).toEqual(['early', 'secret']);
    await eventually(async () => {
      const rows = await cloud.connections.list(space, Date.now());
      expect(rows.map(({ instanceId }) => instanceId)).toEqual(['witness']);
    });
    witness.socket.close();
  });

  test('a client with a token source goes on over the end of its tokens', async () => {
    const space = cloud.newSpace();
    const exp = seconds(Date.now()) + 3;
    let issued = 0;
    // The first token is short-lived; from the second one on they last.
    const claims = {
      get exp() {
        return issued++ === 0 ? exp : seconds(Date.now()) + 3600;
      },
    };
    const client = await cloud.connect(space, 'client', claims);
    await client.entries();
    await eventually(() => expect(Date.now()).toBeGreaterThan(exp * 1000));
    expect(await client.write('a', 1)).toMatchObject({ version: 1 });
    expect(client.status.reconnects).toBeGreaterThan(0);
    await client.close();
  });
});
