import { apiGatewayFanout } from '@mnemon/adapters/apigateway';
import { memoryFanout } from '@mnemon/adapters/memory';
import { type FanoutStage, fanoutContract } from '@mnemon/testing/contracts/fanout-contract';
import { startGateway } from '../../packages/local/src/gateway/gateway.ts';
import { gatewayRecipients } from './gateway-recipients.ts';

const MAX_IN_FLIGHT = 12;

fanoutContract('memory', async () => {
  const fanout = memoryFanout({ maxInFlight: MAX_IN_FLIGHT });
  let joined = 0;
  const stage: FanoutStage = {
    fanout,
    maxInFlight: MAX_IN_FLIGHT,
    onFrame: undefined,
    async join() {
      const connectionId = `connection-${joined++}`;
      const frames: string[] = [];
      let noteClosed = (): void => {};
      const closed = new Promise<void>((resolve) => {
        noteClosed = resolve;
      });
      const detach = fanout.attach(connectionId, {
        async receive(frame) {
          const fate = await stage.onFrame?.(connectionId, frame);
          if (fate === 'refuse') throw new Error('refused');
          frames.push(frame);
        },
        closed: noteClosed,
      });
      return { connectionId, frames, closed, leave: async () => detach() };
    },
    async stop() {},
  };
  return stage;
});

// Real WebSocket clients, with the local gateway between, called over the network and within its process.
for (const way of ['API Gateway', 'API Gateway in this process']) {
  fanoutContract(way, () => throughGateway(way === 'API Gateway'));
}

async function throughGateway(isRemote: boolean): Promise<FanoutStage> {
  const recipients = gatewayRecipients();
  const gateway = await startGateway({
    credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? '' },
    invoke: recipients.invoke,
    limits: { connectsPerSecond: 10_000 },
    faults: {
      async onPost(connectionId, frame) {
        const fate = await stage.onFrame?.(connectionId, frame);
        return fate === 'refuse' ? 'limit' : 'deliver';
      },
    },
  });
  const stage: FanoutStage = {
    fanout: apiGatewayFanout({
      api: isRemote ? { endpoint: gateway.managementEndpoint, region: 'us-east-1' } : gateway.management,
      maxInFlight: MAX_IN_FLIGHT,
    }),
    maxInFlight: MAX_IN_FLIGHT,
    onFrame: undefined,
    join: () => recipients.join(gateway.url),
    stop: () => gateway.close(),
  };
  return stage;
}
