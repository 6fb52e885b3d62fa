import { expect, test } from 'vitest';
import { type BackendCall, MAX_CALLS, readTraceHeader, traceDocument } from './trace-document.ts';

const parent = { traceId: '1-5759e988-bd862e3fe1be46a994272793', parentId: '557abcec3ee5a047' };

const call: BackendCall = {
  backend: 'Mongodb',
  call: 'log.append',
  startedAtMs: 1_700_000_000_010,
  durationMs: 5.5,
  failed: false,
};

const event = {
  correlationId: 'frame-1',
  startedAtMs: 1_700_000_000_000,
  endedAtMs: 1_700_000_000_020,
  failed: false,
  calls: [call],
  callCount: 1,
};

let ids = 0;
const randomId = () => `${(ids++).toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;

test('an event is a part of the trace, and each call of a backend a part of the event', () => {
  const document = traceDocument(parent, { ...event, calls: [call, { ...call, failed: true }] }, randomId);
  expect(document).toMatchObject({
    ...{ type: 'subsegment', trace_id: parent.traceId, parent_id: parent.parentId },
    ...{ start_time: 1_700_000_000, end_time: 1_700_000_000.02, annotations: { correlationId: 'frame-1' } },
  });
  expect(document).not.toHaveProperty('fault');
  const { subsegments } = document;
  expect(subsegments[0]).toMatchObject({
    ...{ name: 'Mongodb', namespace: 'remote', metadata: { default: { call: 'log.append' } } },
    ...{ start_time: 1_700_000_000.01, end_time: 1_700_000_000.0155 },
  });
  expect(subsegments.map((each) => 'fault' in each)).toEqual([false, true]);
  const all = [document.id, ...subsegments.map(({ id }) => id)];
  for (const id of all) expect(id).toMatch(/^[0-9a-f]{16}$/);
  expect(new Set(all).size).toBe(3);
});

test('however many calls there were, it is what X-Ray takes', () => {
  const slow = { ...call, backend: 'Dynamodb', call: 'connections.changeSubscriptions' };
  const document = traceDocument(
    parent,
    { ...event, calls: Array(MAX_CALLS).fill(slow), callCount: 5_000 },
    randomId,
  );
  expect(JSON.stringify(document).length).toBeLessThan(64 * 1024);
  expect(document.metadata.default.calls).toBe(5_000);
});

test('an event that failed says so', () => {
  expect(traceDocument(parent, { ...event, failed: true }, randomId)).toMatchObject({ fault: true });
});

test.each([
  [`Root=${parent.traceId};Parent=${parent.parentId};Sampled=1;Lineage=1:a:0`, parent],
  [`Root=${parent.traceId};Parent=${parent.parentId};Sampled=0`, undefined],
  [`Root=${parent.traceId}`, undefined],
  ['', undefined],
  [undefined, undefined],
])('%s is traced or not', (header, expected) => {
  expect(readTraceHeader(header)).toEqual(expected);
});
