import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const TRACE = '1-5759e988-bd862e3fe1be46a994272793';
const CANARY = 'canary-4f2a';

interface Segment {
  name: string;
  trace_id: string;
  annotations: { correlationId: string };
  subsegments: { name: string; metadata: { default: { call: string } } }[];
}

let daemon: Socket;
let cloud: TestCloud;
const received: string[] = [];

beforeAll(async () => {
  daemon = createSocket('udp4').bind(0, '127.0.0.1');
  await once(daemon, 'listening');
  daemon.on('message', (message) => received.push(message.toString()));
  cloud = await startTestCloud(
    {},
    {
      settings: {
        ...{ METRICS: 'on', POSTS_EACH: '1' },
        // As Lambda sets them of an invocation that it traces.
        _X_AMZN_TRACE_ID: `Root=${TRACE};Parent=557abcec3ee5a047;Sampled=1`,
        AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${daemon.address().port}`,
      },
    },
  );
});

afterAll(async () => {
  await cloud.close();
  daemon.close();
});

test('a write is traced, with the backends that it asked, to the posts that it sets off', async () => {
  const space = cloud.newSpace();
  const [writer, ...readers] = await Promise.all(
    ['writer', 'a', 'b', 'c'].map((name) => cloud.connect(space, name)),
  );
  if (!writer) throw new Error('nobody writes');
  for (const reader of readers) await reader.entries();
  await writer.write(`${CANARY}/key`, CANARY);
  const wrote = await eventually(() => {
    const found = segments().find((each) => callsOf(each).includes('relay.hand'));
    expect(found).toBeDefined();
    return found as Segment;
  });
  expect(wrote.trace_id).toBe(TRACE);
  expect(new Set(wrote.subsegments.map(({ name }) => name))).toEqual(
    new Set(['Mongodb', 'Dynamodb', 'Gateway', 'Redis', 'Lambda']),
  );
  await eventually(() => {
    const others = segments().filter((each) => !callsOf(each).includes('relay.hand'));
    const ids = others.map(({ annotations }) => annotations.correlationId);
    expect(ids, 'the function that makes the posts').toContain(wrote.annotations.correlationId);
  });
  expect(received.join('\n')).not.toContain(CANARY);
  await Promise.all([writer, ...readers].map((each) => each.close()));
});

test('a stream is traced when it is over', async () => {
  const space = cloud.newSpace();
  const writer = await cloud.connect(space, 'writer');
  await writer.write('kept', true);
  await writer.close();
  const token = await cloud.issueToken({ space });
  const headers = { authorization: `Bearer ${token}`, 'x-mnemon-instance': 'operator' };
  const exported = await fetch(`${cloud.httpUrl}/export`, { headers });
  expect(await exported.text()).toContain('"type":"end"');
  await eventually(() => {
    expect(segments().flatMap(callsOf)).toContain('spaces.retention');
  });
});

const segments = (): Segment[] =>
  received.map((message) => {
    const [header = '', document = ''] = message.split('\n');
    expect(JSON.parse(header)).toEqual({ format: 'json', version: 1 });
    return JSON.parse(document) as Segment;
  });

const callsOf = ({ subsegments }: Segment): string[] =>
  subsegments.map(({ metadata }) => metadata.default.call);
