import { PROTOCOL_VERSION, parseServerFrame, SUBPROTOCOL } from '@mnemon/protocol';
import { WebSocket } from 'ws';
import { within } from '../within.ts';
import type { Installation } from './examine.ts';

/** What the service says that it can't reach. Asked for on a connection of its own: a client's heartbeats come too seldom. */
export async function degradedBackends({ url, token }: Installation, instanceId: string): Promise<string[]> {
  const address = new URL(url);
  address.searchParams.set('instance', instanceId);
  const headers = { authorization: `Bearer ${token}` };
  const socket = new WebSocket(address, SUBPROTOCOL, { headers });
  const send = (type: string, payload: object) =>
    socket.send(JSON.stringify({ type, id: type, timestamp: Date.now(), payload }));
  try {
    const answer = new Promise<string[]>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the connection ended before a heartbeat was answered')));
      socket.once('open', () => send('connect', { protocolVersion: PROTOCOL_VERSION, subscriptions: [] }));
      socket.on('message', (data) => {
        const parsed = parseServerFrame(data.toString());
        if (!parsed.ok) return reject(new Error(`no frame of the protocol: ${parsed.error.message}`));
        const { type, payload } = parsed.frame;
        if (type === 'connected') send('heartbeat', {});
        if (type === 'heartbeat') resolve(payload.degraded);
        if (type === 'error') reject(new Error(`${payload.code}: ${payload.message}`));
      });
    });
    return await within('a heartbeat is answered', answer);
  } finally {
    socket.close();
  }
}
