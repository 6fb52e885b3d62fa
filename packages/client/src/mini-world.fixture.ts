import { createFakeClock } from '@mnemon/testing/fake-clock';
import { type Accept, createFaultyNetwork, type ServerSocket } from '@mnemon/testing/faulty-network';
import { createMiniServer, type MiniServerOptions } from '@mnemon/testing/mini-server';
import { seededRandom } from '@mnemon/testing/seeded-random';
import { type ConnectOptions, connect } from './connect.ts';

/** Clients of one honest server, in a time that passes when it is told to. `through` may stand between the two. */
export function createMiniWorld(
  serverOptions: Partial<MiniServerOptions> = {},
  through: (accept: Accept) => Accept = (accept) => accept,
) {
  const clock = createFakeClock();
  const random = seededRandom(1);
  const sockets: ServerSocket[] = [];
  const server = createMiniServer({ now: clock.now, ...serverOptions });
  const accept: Accept = (socket) => {
    sockets.push(socket);
    return through(server.accept)(socket);
  };
  const network = createFaultyNetwork({ clock, random, accept });
  const ports = { clock, random, openSocket: network.openSocket };
  const { settled } = clock;
  const open = (instanceId: string, options: Partial<ConnectOptions> = {}) =>
    settled(connect({ url: 'ws://mini', token: 'token', instanceId, ...options }, ports));
  return { clock, server, network, sockets, ports, settled, open };
}
