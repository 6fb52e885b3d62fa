import { afterEach, expect, test, vi } from 'vitest';
import { sendTrace } from './send-trace.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('what cannot be sent is lost, and no failure of the event', async () => {
  vi.stubEnv(
    '_X_AMZN_TRACE_ID',
    'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=1',
  );
  vi.stubEnv('AWS_XRAY_DAEMON_ADDRESS', 'an-address-without-a-port');
  const times = { startedAtMs: 1, endedAtMs: 2 };
  const event = { correlationId: 'frame-1', ...times, failed: false, calls: [], callCount: 0 };
  await expect(sendTrace(event)).resolves.toBeUndefined();
});
