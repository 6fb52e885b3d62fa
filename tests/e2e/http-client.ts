import type { Claims } from '@mnemon/functions/token';
import type { Entry, JsonValue, SpaceId } from '@mnemon/protocol';
import type { Cloud } from '../../packages/local/src/cloud.ts';

/** One instance that asks over HTTP. */
export interface HttpClient {
  ask(path: string, init?: RequestInit): Promise<Response>;
  get(key: string): Promise<Entry>;
  put(key: string, value: JsonValue, headers?: Record<string, string>): Promise<Response>;
}

export async function httpClient(
  cloud: Pick<Cloud, 'httpUrl' | 'issueToken'>,
  space: SpaceId,
  instanceId: string,
  claims: Partial<Claims> = {},
): Promise<HttpClient> {
  const token = await cloud.issueToken({ space, ...claims });
  const own = { authorization: `Bearer ${token}`, 'x-mnemon-instance': instanceId };
  const ask: HttpClient['ask'] = (path, init = {}) =>
    fetch(`${cloud.httpUrl}${path}`, { ...init, headers: { ...own, ...(init.headers as object) } });
  const pathOf = (key: string) => `/entry?key=${encodeURIComponent(key)}`;
  return {
    ask,
    get: async (key) => (await (await ask(pathOf(key))).json()) as Entry,
    put: (key, value, headers = {}) =>
      ask(pathOf(key), {
        method: 'PUT',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ value }),
      }),
  };
}
