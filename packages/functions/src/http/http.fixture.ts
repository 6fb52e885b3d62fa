import {
  embeddedStore,
  memoryConnections,
  memoryEventBus,
  memoryFanout,
  memoryTickets,
} from '@mnemon/adapters/memory';
import type { Ports } from '@mnemon/core';
import type { Grant } from '@mnemon/protocol';
import type { HttpApp } from '../compose.ts';
import { readSettings } from '../settings.ts';
import { type Claims, issueToken, verifyToken } from '../token.ts';
import { createApi } from './create-api.ts';

const SECRET = 'a signing secret of enough characters';
const MINUTE_S = 60;

export const ALL: readonly Grant[] = [{ pattern: '**', access: 'admin' }];

/** The API over adapters in memory, asked without a network. */
export function startApi(changes: { settings?: Record<string, string>; app?: Partial<HttpApp> } = {}) {
  const { close: _, ...storage } = embeddedStore();
  let names = 0;
  const ports: Ports = {
    ...storage,
    bus: memoryEventBus(),
    connections: memoryConnections({ staleAfterMs: 80_000 }),
    fanout: memoryFanout(),
    clock: { now: Date.now },
    randomId: () => `random-${++names}`,
  };
  const settings = readSettings({ AUTH_SECRETS: SECRET, ...changes.settings }, true);
  const app: HttpApp = {
    settings,
    ports,
    verify: (token, nowMs) => verifyToken(token, [SECRET], nowMs),
    limit: async () => undefined,
    takeWrite: () => 0,
    tickets: memoryTickets(),
    pause: async () => {},
    probes: {},
    ...changes.app,
  };
  const api = createApi(app);

  const token = (claims: Partial<Claims> = {}) =>
    issueToken(
      {
        sub: 'tester',
        space: 'team' as Claims['space'],
        instance: 'ann',
        grants: [...ALL],
        exp: Math.floor(Date.now() / 1000) + MINUTE_S,
        ...claims,
      },
      SECRET,
    );

  /** Asks with a token of everything, unless `claims` say otherwise; `json` is sent as such. */
  async function ask(
    path: string,
    { json, claims, ...init }: RequestInit & { json?: unknown; claims?: Partial<Claims> } = {},
  ): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${await token(claims)}`);
    if (json !== undefined) headers.set('content-type', 'application/json');
    const body = json === undefined ? init.body : JSON.stringify(json);
    return api.request(path, { ...init, headers, ...(body !== undefined && { body }) });
  }

  return { api, app, ports, token, ask };
}
